// Command tiny is the smallest program of this module: the tests put it into images.
package main

func main() {}
