package prompt

import "golang.org/x/sys/windows"

func echoOff(fd uintptr) (restore func() error, err error) {
	console := windows.Handle(fd)
	var shown uint32
	if err := windows.GetConsoleMode(console, &shown); err != nil {
		return nil, err
	}
	if err := windows.SetConsoleMode(console, shown&^windows.ENABLE_ECHO_INPUT); err != nil {
		return nil, err
	}
	return func() error { return windows.SetConsoleMode(console, shown) }, nil
}
