// says The script ran longer than
return new Set({ [Symbol.iterator]: () => ({ next: Array }) }).size
