package stage

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ecsctl/prefect"
)

// heartbeat is short, so that a worker that has stopped is soon OFFLINE.
const heartbeat = 500 * time.Millisecond

// prefectWorker is `prefect worker start` in a container of the sandbox. It ends
// with SIGTERM, as the real one does.
func prefectWorker() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := beat(ctx, os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "prefect:", err)
		os.Exit(1)
	}
}

func beat(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("prefect worker start", flag.ContinueOnError)
	name, pool := flags.String("name", "", ""), flags.String("pool", "", "")
	flags.String("type", "", "")
	healthCheck := flags.Bool("with-healthcheck", false, "")
	flags.String("work-queue", "", "")
	flags.Int("limit", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	api, err := prefect.New(prefect.Options{
		APIURL: os.Getenv("PREFECT_API_URL"), MaxRetries: -1,
		APIKey:     prefect.Secret(os.Getenv("PREFECT_API_KEY")),
		AuthString: prefect.Secret(os.Getenv("PREFECT_API_AUTH_STRING")),
	})
	if err != nil {
		return err
	}
	if *healthCheck {
		if err := serveHealth(); err != nil {
			return err
		}
	}
	fmt.Println("worker", *name, "started")
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		if _, err := api.Heartbeat(ctx, *pool, prefect.Heartbeat{Name: *name, IntervalSeconds: 1}); err != nil &&
			ctx.Err() == nil && !waitsOut(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// serveHealth answers health checks until the program ends.
func serveHealth() error {
	useOwnPort()
	address := net.JoinHostPort(os.Getenv("PREFECT_WORKER_WEBSERVER_HOST"), os.Getenv("PREFECT_WORKER_WEBSERVER_PORT"))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) }()
	return nil
}

// waitsOut reports whether a worker waits for the error to pass: the server or its pool is
// away.
func waitsOut(err error) bool { return prefect.Temporary(err) || errors.Is(err, prefect.ErrNotFound) }
