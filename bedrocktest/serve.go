package bedrocktest

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	req, routing, err := s.receive(r)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	response := s.respond(r, req, routing)
	a, err := response.answer(req)
	if err != nil {
		response = Response{body: explanation(err)}
		a, err = response.answer(req)
		if err != nil {
			panic(err)
		}
	}
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	w.Header().Set("X-Amzn-Requestid", req.ID)

	if !s.pause(r, response.delay) {
		panic(http.ErrAbortHandler)
	}
	if !a.silent {
		s.write(w, r, a, response.every)
	}
	s.end(r, a.ending)
}

// receive reads and keeps a request. The error routing says why it is none of
// Bedrock Runtime's.
func (s *Server) receive(r *http.Request) (req *Request, routing, err error) {
	req = &Request{server: s, Method: r.Method, URL: r.URL, Proto: r.Proto, Header: r.Header.Clone(), Time: time.Now()}
	routing = req.route()
	if req.Operation != "InvokeModelWithBidirectionalStream" { // its body lasts as long as the call
		req.Body, err = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
	req.ID = fmt.Sprintf("bed00000-0000-4000-8000-%012x", len(s.requests))
	return req, routing, err
}

// respond decides what a request gets: a refusal, or what was laid ready.
func (s *Server) respond(r *http.Request, req *Request, routing error) Response {
	if routing != nil {
		return Response{body: explanation(routing)}
	}
	if f := s.authenticate(r, req.Body); f != nil {
		return Response{body: f}
	}
	if err := req.checkBody(); err != nil {
		return Response{body: explanation(err)}
	}
	if f := s.validate(req); f != nil {
		return Response{body: f}
	}
	response, handler := s.next(req)
	if handler == nil {
		return response
	}
	return call(handler, req)
}

// next takes the next response out of the queue, or returns the handler to
// ask.
func (s *Server) next(req *Request) (Response, func(*Request) Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.limits.admit(req.Model) {
		return Throttle(), nil
	}
	if len(s.queue) == 0 {
		return Response{}, s.handler
	}
	response := s.queue[0]
	s.queue = s.queue[1:]
	return response, nil
}

// call keeps a panic of the handler from looking like a broken connection,
// which clients would retry.
func call(handler func(*Request) Response, req *Request) (response Response) {
	defer func() {
		if p := recover(); p != nil {
			log.Printf("bedrocktest: the function given to Handle panicked: %v\n%s", p, debug.Stack())
			response = Response{body: explanation(fmt.Errorf("the function given to Handle panicked: %v", p))}
		}
	}()
	return handler(req)
}

// write sends what an answer has of headers and body.
func (s *Server) write(w http.ResponseWriter, r *http.Request, a answer, every time.Duration) {
	for name, values := range a.header {
		if len(values) == 1 && values[0] == "" {
			values = nil
		}
		w.Header()[name] = values
	}
	if !a.stream && a.ending != CleanEnd {
		w.Header().Set("Content-Length", strconv.Itoa(a.length))
	}
	out := newOutput(w, r, a)
	w.WriteHeader(a.status)
	if a.ending != CleanEnd && !s.send(out, nil) {
		panic(http.ErrAbortHandler)
	}
	for i, part := range a.parts {
		if len(part) == 0 {
			continue
		}
		if i > 0 && !s.pause(r, every) || !s.send(out, part) {
			panic(http.ErrAbortHandler)
		}
	}
}

// pause waits for d. It is cut short, and false, when the client goes or the
// server closes.
func (s *Server) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}
