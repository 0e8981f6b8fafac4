return new Uint8Array(6e7).join()
