/** The nonce of this answer's style policy; empty under the development server. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
