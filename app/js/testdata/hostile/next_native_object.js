// says The script ran longer than
return [...{ [Symbol.iterator]: () => ({ next: Object }) }]
