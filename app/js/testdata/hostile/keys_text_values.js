// says keys are too many for this
return Object.values("x".repeat(3e6)).length
