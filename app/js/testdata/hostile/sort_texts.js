return new Array(262144).fill(0).map((x, i) => 'k' + (i * 7919 % 262144)).sort().length
