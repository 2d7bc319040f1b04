package prompt

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/muesli/cancelreader"
)

// keys are what is typed while one question is there. Bubble Tea reads the terminal itself, but when a
// question is answered it waits for its reader for half a second only: on a busy machine that reader may
// still be there when the next question is, takes what is typed then, and drops it. And what it reads
// together with the Enter that answers a question becomes a part of the answer.
type keys struct {
	file   cancelreader.File
	source cancelreader.CancelReader
	ended  chan struct{} // closed when nothing is read from the source any more

	mu   sync.Mutex
	come sync.Cond // of what follows
	rest []byte    // was typed, and is not taken yet
	held bool      // an Enter was handed out, and may answer the question
	over bool      // the question is answered: nothing is handed out
	shut bool      // the terminal is gone
}

// readKeys begins to read the terminal. What was typed ahead comes first.
func readKeys(file cancelreader.File, ahead []byte) (*keys, error) {
	source, err := cancelreader.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("failed to read the terminal: %w", err)
	}
	k := &keys{file: file, source: source, ended: make(chan struct{}), rest: ahead}
	k.come.L = &k.mu
	go k.collect()
	return k, nil
}

// isTerminalFile tells what can be read so. On Windows Bubble Tea reads events of the console instead.
func isTerminalFile(in io.Reader) (cancelreader.File, bool) {
	file, ok := in.(cancelreader.File)
	return file, ok && runtime.GOOS != "windows"
}

func (k *keys) collect() {
	defer close(k.ended)
	buffer := make([]byte, 256)
	for {
		n, err := k.source.Read(buffer)
		k.mu.Lock()
		k.rest = append(k.rest, buffer[:n]...)
		k.shut = err != nil
		k.come.Broadcast()
		k.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Read hands out what was typed, up to an Enter, until the question is over.
func (k *keys) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.over && (k.held || len(k.rest) == 0 && !k.shut) {
		k.come.Wait()
	}
	if k.over || len(k.rest) == 0 {
		return 0, io.EOF
	}
	next := k.rest
	if i := enterIn(next); i >= 0 && i < len(p) {
		next, k.held = next[:i+1], true
	}
	n := copy(p, next)
	k.rest = k.rest[n:]
	return n, nil
}

// enterIn is where the first Enter is that was not pasted; -1 is nowhere.
func enterIn(typed []byte) int {
	i := bytes.IndexAny(typed, "\r\n")
	if pasted := bytes.Index(typed, []byte("\x1b[200~")); pasted >= 0 && pasted < i {
		return -1
	}
	return i
}

// resume goes on after an Enter that has not answered the question.
func (k *keys) resume() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = false
	k.come.Broadcast()
}

// Fd, Write and Close make it a terminal to Bubble Tea, which sets its mode. It must have no name: what
// has one is read past it.
func (k *keys) Fd() uintptr                 { return k.file.Fd() }
func (k *keys) Write(p []byte) (int, error) { return k.file.Write(p) }

// Close leaves the terminal open: it is not the question's.
func (k *keys) Close() error { return nil }

// stop hands out nothing more.
func (k *keys) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
	k.come.Broadcast()
}

// end waits until nothing reads the terminal any more, and returns what was typed ahead.
func (k *keys) end() ([]byte, error) {
	k.stop()
	if k.source.Cancel() {
		<-k.ended
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rest, k.source.Close()
}
