package odds

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// seedDomain separates the seeds of simulated elections from all others.
const seedDomain = "stafi/ssv/odds/v1"

// Seed returns the seed of the n-th simulated election of a series: SHA-256(domain ‖ series ‖ be64(n)).
func Seed(series string, n uint64) []byte {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(seedDomain+"/"+series+"/"), n))
	return seed[:]
}

// simulation counts what came of elections with random seeds.
type simulation struct {
	samples int
	seats   [][]int // by demand and candidate
	full    []int   // by demand
}

// simulate holds elections and counts the seats of the contracts that are not exact.
func simulate(ctx context.Context, in election.PlanInput, samples int, exact []bool) (*simulation, error) {
	s := &simulation{samples: samples, seats: make([][]int, len(in.Demands)), full: make([]int, len(in.Demands))}
	for i := range s.seats {
		s.seats[i] = make([]int, len(in.Candidates))
	}
	for n := range samples {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in.Seed = Seed("forecast", uint64(n))
		planned, err := election.Plan(in)
		if err != nil {
			return nil, err
		}
		for demand, plan := range planned {
			if exact[demand] {
				continue
			}
			if plan.Outcome == election.Full {
				s.full[demand]++
			}
			for _, index := range plan.Members {
				s.seats[demand][index]++
			}
		}
	}
	return s, nil
}
