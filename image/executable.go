package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
)

// architectures are those that Fargate runs.
var architectures = map[elf.Machine]string{elf.EM_X86_64: AMD64, elf.EM_AARCH64: ARM64}

// foreign are the beginnings of executables of other systems.
var foreign = []struct{ magic, what string }{
	{"MZ", "a program for Windows (PE)"},
	{"\xcf\xfa\xed\xfe", "a program for macOS (Mach-O)"},
	{"\xce\xfa\xed\xfe", "a program for macOS (Mach-O)"},
	{"\xfe\xed\xfa\xcf", "a program for macOS (Mach-O)"},
	{"\xca\xfe\xba\xbe", "a program for macOS (universal Mach-O)"},
	{gzipMagic, "a compressed file in a compressed file: unpack it first"},
	{"PK\x03\x04", "a zip file: unpack it first"},
	{"#!", "a script"},
}

// checkExecutable returns the architecture of a static Linux executable.
func checkExecutable(content []byte) (string, error) {
	for _, f := range foreign {
		if bytes.HasPrefix(content, []byte(f.magic)) {
			return "", errors.New("it is " + f.what)
		}
	}
	if tarred(content) {
		return "", errors.New("it is an archive: unpack it first")
	}
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return "", errors.New("it is no program for Linux (ELF)")
	}
	architecture, ok := architectures[file.Machine]
	switch {
	case file.OSABI != elf.ELFOSABI_NONE && file.OSABI != elf.ELFOSABI_LINUX:
		return "", fmt.Errorf("it is a program for another system than Linux (%s)", file.OSABI)
	case !ok || file.Class != elf.ELFCLASS64 || file.Data != elf.ELFDATA2LSB:
		return "", fmt.Errorf("it is for the architecture %s, which Fargate does not have", file.Machine)
	case file.Type != elf.ET_EXEC && file.Type != elf.ET_DYN:
		return "", errors.New("it is no executable")
	}
	return architecture, checkStatic(file)
}

// tarred reports whether content is a tar archive: "ustar" is at this place (tar(5)).
func tarred(content []byte) bool {
	const magicAt = 257
	return len(content) > magicAt && bytes.HasPrefix(content[magicAt:], []byte("ustar"))
}

// checkStatic refuses what needs a loader or libraries: the image has none.
func checkStatic(file *elf.File) error {
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return errors.New("it is linked dynamically and needs a C library, which the image does not have")
		}
	}
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		return fmt.Errorf("it is linked dynamically and needs %s, which the image does not have", libraries[0])
	}
	return nil
}
