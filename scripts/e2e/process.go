package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopGrace is what a process gets between SIGTERM and SIGKILL: a node closes
// its databases in well under a second.
const stopGrace = 10 * time.Second

// Process is a child of the harness; its output is appended to a file.
type Process struct {
	Name    string
	LogPath string

	command  *exec.Cmd
	ended    chan struct{}
	mu       sync.Mutex
	expected bool
	err      error
}

// Supervisor starts processes and stops what it started, by process id. A
// process that ends by itself is reported to the failure callback once.
type Supervisor struct {
	// Niceness of what it starts (nice(1)), 0 for the harness's own.
	Niceness int

	dir     string
	failed  func(error)
	mu      sync.Mutex
	running []*Process
	closed  bool
}

// errStopped: nothing is started any more.
var errStopped = errors.New("the supervisor has stopped everything")

// NewSupervisor keeps logs in dir. The failure callback is called from another goroutine.
func NewSupervisor(dir string, failed func(error)) (*Supervisor, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	return &Supervisor{dir: dir, failed: failed}, nil
}

// Start runs a binary until it is stopped. Logs of an earlier process of the same name are kept.
func (s *Supervisor) Start(name, binary string, args ...string) (*Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("start %s: %w", name, errStopped)
	}
	path := filepath.Join(s.dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if s.Niceness != 0 {
		binary, args = "nice", append([]string{"-n", strconv.Itoa(s.Niceness), binary}, args...)
	}
	command := exec.Command(binary, args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = childAttributes()
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	process := &Process{Name: name, LogPath: path, command: command, ended: make(chan struct{})}
	s.running = append(s.running, process)
	go s.watch(process)
	return process, nil
}

func (s *Supervisor) watch(process *Process) {
	err := process.command.Wait()
	process.mu.Lock()
	process.err = err
	unexpected := !process.expected
	process.mu.Unlock()
	close(process.ended)
	if unexpected {
		s.failed(endedByItself(process, err))
	}
}

func endedByItself(process *Process, err error) error {
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%s ended by itself: %w; its log %s ends with:\n%s", process.Name, err, process.LogPath, Tail(process.LogPath, 2000))
}

// StopAll ends every process, all at the same time, and starts no other.
func (s *Supervisor) StopAll() error {
	s.mu.Lock()
	running := s.running
	s.running, s.closed = nil, true
	s.mu.Unlock()
	failures := make([]error, len(running))
	var group sync.WaitGroup
	for i, process := range running {
		group.Go(func() { failures[i] = process.Stop() })
	}
	group.Wait()
	return errors.Join(failures...)
}

// Running says whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Stop asks the process to end and kills it when it does not. Stopping an ended process is no error.
func (p *Process) Stop() error {
	p.expect()
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.Name, stopGrace)
	}
}

// Kill ends the process at whatever instant it is in, and waits for its end.
func (p *Process) Kill() {
	p.expect()
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// Pause stops the process from running until Resume.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

func (p *Process) expect() {
	p.mu.Lock()
	p.expected = true
	p.mu.Unlock()
}

// signal is without effect on a process that has ended: os.Process knows that it was waited for.
func (p *Process) signal(signal os.Signal) { _ = p.command.Process.Signal(signal) }

// Tail returns the end of a file, at most size bytes, from a line's start.
func Tail(path string, size int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(content) <= size {
		return string(content)
	}
	_, rest, _ := strings.Cut(string(content[len(content)-size:]), "\n")
	return rest
}
