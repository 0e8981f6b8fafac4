const o = { toString() { return '' + this } };
return '' + o
