// What is on its way in or out of the editor: asked for from the palette of
// commands, the canvas's menu or by pasting; the dialogs are loaded then.

import { create } from "zustand";

interface TransferState {
  what: "export" | "import" | undefined;
  /** What is imported, once it is known. */
  text: string | undefined;
}

export const useTransfer = create<TransferState>()(() => ({ what: undefined, text: undefined }));

/** Opens the dialog of an export, or of an import of this text. */
export function transfer(what: TransferState["what"], text?: string): void {
  useTransfer.setState({ what, text });
}
