// says The object has too many keys
return JSON.stringify(new Uint8Array(5e6)).length
