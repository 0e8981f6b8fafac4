// says keys are too many for this
return Object.getOwnPropertyDescriptors("x".repeat(2e6)).length
