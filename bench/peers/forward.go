// The forwarder that is first written in Go: io.Copy both ways. Between two *net.TCPConn that is splice(2).
//
//	forward LISTEN=TARGET...
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

func main() {
	for _, rule := range os.Args[1:] {
		listen, target, _ := strings.Cut(rule, "=")
		listener, err := net.Listen("tcp4", listen)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go accept(listener, target)
	}
	select {}
}

func accept(listener net.Listener, target string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go forward(client.(*net.TCPConn), target)
	}
}

// TCP_NODELAY and keep-alive are Go's defaults.
func forward(client *net.TCPConn, target string) {
	defer client.Close()
	dialed, err := net.Dial("tcp4", target)
	if err != nil {
		return
	}
	server := dialed.(*net.TCPConn)
	defer server.Close()
	back := make(chan struct{})
	go func() {
		move(client, server)
		close(back)
	}()
	move(server, client)
	<-back
}

// Passes on the end of this direction; the other goes on.
func move(to, from *net.TCPConn) {
	io.Copy(to, from)
	to.CloseWrite()
}
