// says keys are too many for this
Object.freeze(new String("x".repeat(3e6)))
