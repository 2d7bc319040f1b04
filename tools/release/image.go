package main

import (
	"path/filepath"

	"ecsctl/image"
)

// writeImage makes a container image of ecsctl with the workers' programs, in a file for `docker load`
// and for tools that push to a registry.
func (o options) writeImage(t target, program string, workers []string) (string, error) {
	binary, err := image.ReadBinary(program)
	if err != nil {
		return "", err
	}
	if err := binary.Ship(workers...); err != nil {
		return "", err
	}
	made, err := image.Build(binary)
	if err != nil {
		return "", err
	}
	file := filepath.Join(o.dist, "ecsctl_"+o.version+"_"+t.os+"_"+t.arch+".image.tar")
	return file, made.SaveFile(file, "ecsctl:"+o.version)
}
