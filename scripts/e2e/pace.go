package e2e

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// Pace is by how much the networks of a life go slower than on two cores that do nothing else:
// block times, eras, voting periods are multiplied by it. What is counted in blocks stays as it is.
type Pace float64

const (
	// MinPace is that of the README's figures; MaxPace makes an era of eight minutes.
	MinPace, MaxPace Pace = 1, 8
	// lanes of work go on at the same time in a measurement: on a busy machine a network of few active
	// processes gets less of it than one of many.
	lanes = 4
	// laneChecks are the signatures that each of them verifies, and referenceTime is what all take of two quiet cores.
	laneChecks    = 4_000
	referenceTime = 1100 * time.Millisecond
	// quarters of which a pace has whole ones.
	quarters = 4
)

// Of is what a time becomes.
func (p Pace) Of(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(p)).Round(10 * time.Millisecond)
}

// String has no more digits than it needs.
func (p Pace) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) }

// up rounds up to quarters, within the bounds.
func (p Pace) up() Pace {
	return min(max(Pace(math.Ceil(float64(p)*quarters)/quarters), MinPace), MaxPace)
}

// ParsePace reads a flag's text; empty is 0, which stands for a pace that is measured.
func ParsePace(text string) (Pace, error) {
	if text == "" {
		return 0, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(Pace(value) >= MinPace && Pace(value) <= MaxPace) {
		return 0, fmt.Errorf("pace %q: want a number from %s to %s", text, MinPace, MaxPace)
	}
	return Pace(value), nil
}

// Measure is a pace and what it follows from, in words.
type Measure struct {
	Pace Pace
	Why  string
}

// MeasurePace verifies signatures, as all of a network's processes do, and compares with two quiet cores. A pace that is given is taken as it is.
func MeasurePace(given Pace) Measure {
	if given != 0 {
		return Measure{given, "given"}
	}
	took := timeOfWork()
	why := fmt.Sprintf("%d signatures take %s of this machine, %s of two quiet cores; load average %s on %d cores",
		lanes*laneChecks, took.Round(10*time.Millisecond), referenceTime, loadAverage(), runtime.NumCPU())
	return Measure{Pace(float64(took) / float64(referenceTime)).up(), why}
}

// timeOfWork is how long a fixed amount of work takes now, done by as many threads as there are lanes.
func timeOfWork() time.Duration {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(lanes))
	key := secp256k1.GenPrivKeyFromSecret([]byte("pace"))
	message := []byte("what a machine can do")
	signature, err := key.Sign(message)
	if err != nil {
		panic(err) // a fixed key signs
	}
	public, begin := key.PubKey(), time.Now()
	var group sync.WaitGroup
	for range lanes {
		group.Go(func() {
			for range laneChecks {
				public.VerifySignature(message, signature)
			}
		})
	}
	group.Wait()
	return time.Since(begin)
}
