class A { constructor() { new A() } }
return new A()
