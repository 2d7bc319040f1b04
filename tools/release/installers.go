package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed install.sh
var installScript string

//go:embed ecsctl.rb
var formula string

// writeInstallers writes the shell installer and the Homebrew formula: both name files of
// this very release, with their checksums.
func (o options) writeInstallers(sums map[string]string) error {
	var list strings.Builder
	pairs := []string{"@URL@", strings.TrimSuffix(o.url, "/"), "@VERSION@", o.version, "@PACKAGE_VERSION@",
		pythonVersion(o.version)}
	for _, t := range targets {
		archive := fmt.Sprintf("ecsctl_%s_%s_%s.tar.gz", o.version, t.os, t.arch)
		if sum, ok := sums[archive]; ok {
			fmt.Fprintf(&list, "%s  %s\n", sum, archive)
		}
		pairs = append(pairs, "@"+t.os+"_"+t.arch+"@", sums[archive])
	}
	fill := strings.NewReplacer(append(pairs, "@CHECKSUMS@", strings.TrimSuffix(list.String(), "\n"))...)
	for name, text := range map[string]string{"install.sh": installScript, "ecsctl.rb": formula} {
		file := filepath.Join(o.dist, name)
		if err := os.WriteFile(file, []byte(fill.Replace(text)), 0o755); err != nil {
			return err
		}
		fmt.Println(file)
	}
	return nil
}
