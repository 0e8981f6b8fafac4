const a = () => b(), b = () => a();
return a()
