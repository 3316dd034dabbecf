package e2e

import (
	_ "embed" // the curve's vectors
	"encoding/json"
	"fmt"
	"math/big"
)

// curve is protocol §13's, computed by an independent implementation.
//
//go:embed testdata/slash.json
var curve []byte

// attempt is a session as far as it settles duties: what the blocks say of it.
type attempt struct {
	id, root, vault uint64
	settled         int64
	size, threshold uint32
	obliged         bool
	// proven is the block at whose end the attempt was proven, and others that at whose end another one of its series was; 0 for never.
	proven, others int64
	// signed are the members with a valid signature, and wrong counts the others' submissions.
	signed map[string]bool
	wrong  map[string]uint64
}

// required says whether members owed a signature (protocol §§7, 12): not where signing was best effort, where so few signed that the payload may
// be at fault, and where another attempt was proven before N signed this one.
func (a attempt) required() bool {
	signed := uint32(len(a.signed))
	if !a.obliged {
		return false
	}
	if a.proven == 0 || a.proven >= a.settled {
		if signed <= a.size-a.threshold {
			return false
		}
	}
	overtaken := a.others > 0 && a.others < a.settled && signed < a.threshold
	return !overtaken
}

// account is what a member owed and did for a vault generation in an era.
type account struct {
	operator string
	// required sessions, those of them that it signed or missed, and its wrong signatures in them.
	required, signed, missed, wrong uint64
	// credited are signatures that were not required: they earn points, and make up for nothing.
	credited uint64
	// intervals of heartbeats with a sign of life.
	intervals                        int
	unresponsive, missing, erroneous bool
	withdrawn                        bool
}

func (a account) faulty() bool { return a.unresponsive || a.missing || a.erroneous }

func (a account) faults() string {
	text := ""
	for _, fault := range []struct {
		has  bool
		name string
	}{{a.unresponsive, "UNRESPONSIVE"}, {a.missing, "MISSED"}, {a.erroneous, "WRONG"}} {
		if fault.has {
			text += " FAULT_" + fault.name
		}
	}
	return text
}

// verdict is what protocol §13 says of a vault generation in an era.
type verdict struct {
	era, vault uint64
	threshold  uint32
	accounts   []account
	faults     int
	fraction   string
	withdraws  bool
}

// judgeVault works a verdict out from the attempts that settled in the era. A third and two thirds are the protocol's ratios, and two wrong
// signatures the least that are a fault.
func judgeVault(era, vault uint64, operators []string, threshold uint32, attempts []attempt, intervals func(operator string) int) (verdict, error) {
	v := verdict{era: era, vault: vault, threshold: threshold}
	for _, operator := range operators {
		a := account{operator: operator, intervals: intervals(operator)}
		for _, attempt := range attempts {
			a.add(attempt)
		}
		a.unresponsive = a.required > 0 && a.signed == 0 && a.intervals == 0
		a.missing = 3*a.missed > a.required
		a.erroneous = a.wrong >= 2
		if a.faulty() {
			v.faults++
		}
		v.accounts = append(v.accounts, a)
	}
	v.withdraws = 3*v.faults > 2*int(threshold)
	for i := range v.accounts {
		a := &v.accounts[i]
		a.withdrawn = a.faulty() && (v.withdraws || 3*a.missed > 2*a.required)
	}
	fraction, err := fractionOf(v.faults, len(operators))
	v.fraction = fraction
	return v, err
}

func (a *account) add(attempt attempt) {
	signed := attempt.signed[a.operator]
	if !attempt.required() {
		if signed {
			a.credited++
		}
		return
	}
	a.required++
	a.wrong += attempt.wrong[a.operator]
	if signed {
		a.signed++
	} else {
		a.missed++
	}
}

// fractionOf looks the curve up.
func fractionOf(faults, size int) (string, error) {
	var vectors struct {
		Slash []struct {
			N, K int
			Want string
		}
	}
	if err := json.Unmarshal(curve, &vectors); err != nil {
		return "", err
	}
	for _, vector := range vectors.Slash {
		if vector.N == size && vector.K == faults {
			return vector.Want, nil
		}
	}
	return "", fmt.Errorf("%w: the vectors have no %d of %d", errUnexpected, faults, size)
}

// slashOf is what a fraction of 18 decimals takes of a power, in ufis: truncated.
func slashOf(power int64, fraction string) (*big.Int, error) {
	parsed, ok := new(big.Rat).SetString(fraction)
	if !ok {
		return nil, fmt.Errorf("%w: fraction %q", errUnexpected, fraction)
	}
	stake := new(big.Int).Mul(big.NewInt(power), big.NewInt(1_000_000))
	product := new(big.Rat).Mul(parsed, new(big.Rat).SetInt(stake))
	return new(big.Int).Quo(product.Num(), product.Denom()), nil
}

// worker is who earned points in an era.
type worker struct {
	operator                         string
	signatures, attestations, served uint64
	forfeits                         bool
}

func (w worker) points() *big.Int {
	return new(big.Int).SetUint64(20*w.signatures + 2*(w.attestations+w.served))
}

// division is protocol §14's, in ufis.
type division struct {
	issued, cap, treasury *big.Int
	earned, paid          []*big.Int
}

// divide gives each its part of the budget by points, at most a tenth, and nothing to who forfeits; what is left is the Treasury's.
func divide(budget *big.Int, workers []worker) division {
	total := new(big.Int)
	for _, w := range workers {
		total.Add(total, w.points())
	}
	d := division{issued: new(big.Int), cap: new(big.Int).Quo(budget, big.NewInt(10))}
	if total.Sign() > 0 {
		d.issued.Set(budget)
	}
	d.treasury = new(big.Int).Set(d.issued)
	for _, w := range workers {
		earned, paid := new(big.Int), new(big.Int)
		if total.Sign() > 0 {
			earned.Quo(new(big.Int).Mul(d.issued, w.points()), total)
		}
		if !w.forfeits {
			paid.Set(earned)
			if paid.Cmp(d.cap) > 0 {
				paid.Set(d.cap)
			}
		}
		d.earned, d.paid = append(d.earned, earned), append(d.paid, paid)
		d.treasury.Sub(d.treasury, paid)
	}
	return d
}
