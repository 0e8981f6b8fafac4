/** Whether fingers are what points here: a field that has the focus brings up the keys of the screen. */
export const isTouch = (): boolean => matchMedia("(pointer: coarse)").matches;
