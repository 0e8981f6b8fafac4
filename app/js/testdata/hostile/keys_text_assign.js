// says keys are too many for this
return Object.assign({}, "x".repeat(2e6)).length
