// says The script ran longer than
return Array.from({ [Symbol.iterator]: () => ({ next: Error }) })
