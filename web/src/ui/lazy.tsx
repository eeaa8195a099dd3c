// SPDX-License-Identifier: MIT
// A component whose code loads when it is first shown; a turning ring stands in until then.

import { useSignal } from '@preact/signals';
import { h, type ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const ready = useSignal(loaded !== undefined);
    useEffect(() => {
      if (loaded) return;
      void load().then((component) => {
        loaded = component;
        ready.value = true;
      });
    }, []);
    return ready.value && loaded ? h(loaded, props) : <div class="spinner" aria-hidden="true" />;
  };
}
