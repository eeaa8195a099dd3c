// SPDX-License-Identifier: MIT
// A component whose code loads when it is first shown; a turning ring stands in until then, also while
// the server is out of reach.

import { useSignal } from '@preact/signals';
import { h, type ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/** From a failure to the next try, ms. */
const kAgain = 2_000;

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const ready = useSignal(loaded !== undefined);
    useEffect(() => {
      let timer: ReturnType<typeof setTimeout>;
      const attempt = () => {
        void load().then((component) => {
          loaded = component;
          ready.value = true;
        }, () => (timer = setTimeout(attempt, kAgain)));
      };
      if (!loaded) attempt();
      return () => clearTimeout(timer);
    }, []);
    return ready.value && loaded ? h(loaded, props) : <div class="spinner" aria-hidden="true" />;
  };
}
