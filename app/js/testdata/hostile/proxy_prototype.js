const p = new Proxy({}, { getPrototypeOf() { return p } });
return p instanceof Object
