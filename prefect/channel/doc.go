// Package channel speaks the worker channel of newer Prefect servers: a websocket that a
// worker keeps open instead of calling the REST API for its heartbeats. The server sends
// the work pool whenever it changes, and cleanup messages: infrastructure that is to be
// stopped, because a flow run has been Cancelling for too long.
//
// The protocol is that of prefect/client/schemas/worker_channel.py in prefect 3.8.8,
// version work_pool_worker_channel.v1. A connection begins with auth, answered by
// auth_success, and worker.hello.v1, answered by worker.ready.v1. A cleanup message is
// reserved for one worker at a time: the lease is renewed while it is acted upon, and
// ended by an ack or a release. A worker that is gone lets it expire, and the server
// gives the message to the next one.
//
// Channel keeps such a connection for as long as the server has it. It is no failure
// when there is none: the worker then uses REST.
package channel
