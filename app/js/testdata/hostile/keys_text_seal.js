// says keys are too many for this
Object.seal(new String("x".repeat(3e6)))
