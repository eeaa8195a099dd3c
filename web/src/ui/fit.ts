// SPDX-License-Identifier: MIT
// How large the other one's picture is drawn: it fills the stage, unless too much of it would be cut off.

interface Size {
  width: number;
  height: number;
}

/** The part of a picture that may be cut off: a face in the middle of a wide picture is still whole. */
const kMaxCut = 0.4;

/** The limits of the box that the picture fills, in px; none where it may fill the stage. */
export function boxOf(picture: Size, stage: Size): { maxWidth?: number; maxHeight?: number } {
  const shape = picture.width / picture.height;
  const wider = shape / (stage.width / stage.height);
  if (!(1 - Math.min(wider, 1 / wider) > kMaxCut)) return {};
  return wider > 1
    ? { maxHeight: Math.round(stage.width / (shape * (1 - kMaxCut))) }
    : { maxWidth: Math.round((stage.height * shape) / (1 - kMaxCut)) };
}

/** Keeps `video` in its box, whatever its picture or the window turns to. @returns a function that stops it */
export function fitPicture(video: HTMLVideoElement): () => void {
  const look = () => {
    const { maxWidth, maxHeight } = boxOf(
      { width: video.videoWidth, height: video.videoHeight },
      video.parentElement!.getBoundingClientRect(),
    );
    video.style.maxWidth = maxWidth ? `${maxWidth}px` : '';
    video.style.maxHeight = maxHeight ? `${maxHeight}px` : '';
  };
  const observer = new ResizeObserver(look);
  observer.observe(video.parentElement!);
  video.addEventListener('resize', look);
  return () => {
    observer.disconnect();
    video.removeEventListener('resize', look);
    video.style.maxWidth = video.style.maxHeight = '';
  };
}
