// A stage takes the shape of its picture, so that nothing black stands beside it.

/** `stage` has the shape of what `video` shows, once that is known. */
export function shaped(video, stage) {
  video.addEventListener("resize", () => {
    const { videoWidth: wide, videoHeight: tall } = video;
    if (wide && tall) stage.style.setProperty("--shape", wide / tall);
  });
}
