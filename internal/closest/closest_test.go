package closest

import "testing"

func TestOf(t *testing.T) {
	t.Parallel()
	known := []string{"image", "launch_type", "memory", "cpu", "cluster"}
	for name, want := range map[string]string{
		"imgae": "image", "launchType": "launch_type", "MEMORY": "memory", "clutser": "cluster",
		"something": "", "x": "",
	} {
		if got, _ := Of(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
