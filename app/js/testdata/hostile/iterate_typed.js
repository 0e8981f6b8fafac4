return [...new Float64Array(8e6)].length
