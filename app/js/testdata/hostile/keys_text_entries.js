// says keys are too many for this
return Object.entries("x".repeat(3e6)).length
