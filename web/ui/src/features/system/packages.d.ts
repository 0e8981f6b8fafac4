/** The packages of others that are in the window; vite.config.ts makes it of the lock file. */
declare module "virtual:packages" {
  const packages: { name: string; version: string; licence: string }[];
  export default packages;
}
