package odds

import "math"

// rung counts the clocks that have rung by a time: the distribution of a sum of independent zeros and ones (Poisson's binomial),
// as far as it matters, and the same without one member of each class.
type rung struct {
	classes
	seats int
	// chances[k] is P(k of all have rung), k = 0 … seats.
	chances []float64
	// fewer[i] is P(fewer than seats have rung, of all but one of class i).
	fewer []float64
	// enough is P(seats or more of all have rung), notEnough is P(at most seats of all have).
	enough, notEnough float64
}

func newRung(c classes, seats int) rung {
	return rung{classes: c, seats: seats, chances: make([]float64, seats+1), fewer: make([]float64, len(c.weights))}
}

// at computes everything for the time t.
func (r *rung) at(t float64) {
	// Taking a factor out of a product of polynomials loses no precision while its clock has rung with a chance of at most a
	// half; the others, the heaviest, are left out one at a time instead.
	likely := 0
	for likely < len(r.weights) && math.Exp(-r.weights[likely]*t) < 0.5 {
		likely++
	}
	clear(r.chances)
	r.chances[0] = 1
	for i := likely; i < len(r.weights); i++ {
		r.multiply(r.chances, i, r.counts[i], t)
	}
	r.leaveOut(r.chances, 0, likely, t)
	for i := range likely {
		r.multiply(r.chances, i, r.counts[i], t)
	}
	for i := likely; i < len(r.weights); i++ {
		r.fewer[i] = r.without(i, t)
	}
	r.sum()
}

func (r *rung) sum() {
	fewer := 0.0
	for _, chance := range r.chances[:r.seats] {
		fewer += chance
	}
	r.enough, r.notEnough = max(0, 1-fewer), fewer+r.chances[r.seats]
}

// multiply adds count clocks of a class to a distribution.
func (r *rung) multiply(chances []float64, class, count int, t float64) {
	silent := math.Exp(-r.weights[class] * t)
	rings := -math.Expm1(-r.weights[class] * t)
	for range count {
		for k := len(chances) - 1; k > 0; k-- {
			chances[k] = chances[k]*silent + chances[k-1]*rings
		}
		chances[0] *= silent
	}
}

// without returns P(fewer than seats have rung, of all but one of the class) by taking its factor out of the sums: with F the
// distribution function of all and G that of all but one, F(k) = silent·G(k) + rings·G(k−1).
func (r *rung) without(class int, t float64) float64 {
	silent := math.Exp(-r.weights[class] * t)
	inverse, odds := 1/silent, -math.Expm1(-r.weights[class]*t)/silent
	sum, rest := 0.0, 0.0
	for _, chance := range r.chances[:r.seats] {
		sum += chance
		rest = sum*inverse - rest*odds
	}
	return min(max(rest, 0), 1)
}

// leaveOut sets fewer for the classes from … to−1. The distribution given has every other class; each half of them is added
// in turn while the other half is looked at: O(seats · classes · log classes).
func (r *rung) leaveOut(others []float64, from, to int, t float64) {
	if from >= to {
		return
	}
	if to-from == 1 {
		rest := append([]float64(nil), others...)
		r.multiply(rest, from, r.counts[from]-1, t)
		fewer := 0.0
		for _, chance := range rest[:r.seats] {
			fewer += chance
		}
		r.fewer[from] = min(fewer, 1)
		return
	}
	middle := (from + to) / 2
	r.leaveOut(r.with(others, middle, to, t), from, middle, t)
	r.leaveOut(r.with(others, from, middle, t), middle, to, t)
}

// with returns the distribution with the classes from … to−1 added.
func (r *rung) with(others []float64, from, to int, t float64) []float64 {
	sum := append([]float64(nil), others...)
	for i := from; i < to; i++ {
		r.multiply(sum, i, r.counts[i], t)
	}
	return sum
}
