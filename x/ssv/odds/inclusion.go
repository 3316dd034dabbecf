package odds

import (
	"cmp"
	"math"
	"slices"
)

const (
	// precision is the greatest change of any chance that one more halving of the step may bring. The rule converges
	// geometrically, so the error left is far below it.
	precision = 1e-11
	// negligible is the least difference of the integrand from zero that is looked at: rounding alone makes up to 10^-13.
	negligible = 1e-12
	// maxHalvings bounds the work; three suffice for weights that differ by a factor of 10^12.
	maxHalvings = 8
)

// Inclusion returns for each weight the chance that its candidate is among the first seats drawn without replacement, with a chance
// proportional to weight at every draw. The chances add up to the number of seats, or to the number of positive weights
// where that is less; each is within 10^-10 of the closed form. A weight that is not positive has no chance.
// It costs O(n·seats) per node of the quadrature and some 60 to 150 nodes.
func Inclusion(weights []float64, seats int) []float64 {
	classes, classOf := newClasses(weights)
	chances := classes.chances(seats)
	inclusion := make([]float64, len(weights))
	for i, class := range classOf {
		if class >= 0 {
			inclusion[i] = chances[class]
		}
	}
	return inclusion
}

// classes are the distinct positive weights, heaviest first, in units of their sum: equal weights have equal chances.
type classes struct {
	weights []float64
	counts  []int
	total   int // candidates in all classes
}

// newClasses also returns the class of each weight, −1 for one that is not positive.
func newClasses(weights []float64) (classes, []int) {
	order, sum := make([]int, 0, len(weights)), 0.0
	for i, weight := range weights {
		if weight > 0 {
			order = append(order, i)
			sum += weight
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	c, classOf := classes{total: len(order)}, make([]int, len(weights))
	for i := range classOf {
		classOf[i] = -1
	}
	for place, i := range order {
		if place == 0 || weights[i] != weights[order[place-1]] {
			c.weights, c.counts = append(c.weights, weights[i]/sum), append(c.counts, 0)
		}
		classOf[i] = len(c.weights) - 1
		c.counts[classOf[i]]++
	}
	return c, classOf
}

func (c classes) chances(seats int) []float64 {
	switch {
	case seats <= 0:
		return make([]float64, len(c.weights))
	case seats >= c.total:
		return slices.Repeat([]float64{1}, len(c.weights))
	}
	return newIntegral(c, seats).solve()
}

// integral is the closed form over u = log t, in which the integrand is smooth and vanishes at both ends, so that the trapezoidal
// rule converges geometrically. Left of the interesting range it vanishes only like t; therefore the survival function of the Erlang
// distribution with the same M and about the same median is subtracted, whose integral is known:
//
//	∫ w e^{−wt} · P(Poisson(at) < M) dt = 1 − (a/(w+a))^M
type integral struct {
	classes
	seats  int
	center float64 // log of the time by which as many as there are seats have rung, on average
	rate   float64 // a
	rung   rung
}

func newIntegral(c classes, seats int) *integral {
	center := c.timeOf(float64(seats))
	return &integral{
		classes: c, seats: seats, center: center, rate: float64(seats) / math.Exp(center), rung: newRung(c, seats),
	}
}

// timeOf returns the logarithm of the time by which count have rung on average, 0 < count < total.
func (c classes) timeOf(count float64) float64 {
	low, high := -60.0, 1.0
	for c.rungBy(high) < count && high < 700 {
		high *= 2
	}
	for range 60 {
		middle := (low + high) / 2
		if c.rungBy(middle) < count {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

func (c classes) rungBy(u float64) float64 {
	t, sum := math.Exp(u), 0.0
	for i, weight := range c.weights {
		sum -= float64(c.counts[i]) * math.Expm1(-weight*t)
	}
	return sum
}

// solve halves the step until no chance changes by more than precision.
func (q *integral) solve() []float64 {
	step := min(0.25, 1/math.Sqrt(float64(q.seats)))
	chances := q.trapezoid(step, 0)
	for range maxHalvings {
		between, change := q.trapezoid(step, step/2), 0.0
		for i := range chances {
			refined := (chances[i] + between[i]) / 2
			change = max(change, math.Abs(refined-chances[i]))
			chances[i] = refined
		}
		if step /= 2; change <= precision {
			break
		}
	}
	for i, weight := range q.weights {
		known := -math.Expm1(-float64(q.seats) * math.Log1p(weight/q.rate))
		chances[i] = min(max(chances[i]+known, 0), 1)
	}
	return chances
}

// trapezoid sums the integrand at center + offset + k·step for all k that matter, times the step.
func (q *integral) trapezoid(step, offset float64) []float64 {
	sums := make([]float64, len(q.weights))
	for k := 0; q.addNode(q.center+offset+float64(k)*step, step, sums); k++ {
	}
	for k := -1; q.addNode(q.center+offset+float64(k)*step, step, sums); k-- {
	}
	return sums
}

// addNode adds one node and says whether nodes further from the center may matter.
func (q *integral) addNode(u, step float64, sums []float64) bool {
	t := math.Exp(u)
	q.rung.at(t)
	subtracted, above := erlang(q.seats, q.rate*t)
	for i, weight := range q.weights {
		x := weight * t
		sums[i] += step * x * math.Exp(-x) * (q.rung.fewer[i] - subtracted)
	}
	if u < q.center {
		return q.rung.enough+above > negligible
	}
	return q.rung.notEnough+subtracted > negligible
}

// erlang returns P(Poisson(mean) < seats) and its complement.
func erlang(seats int, mean float64) (below, above float64) {
	term := math.Exp(-mean)
	if term == 0 {
		return 0, 1
	}
	for k := range seats {
		below += term
		term *= mean / float64(k+1)
	}
	return min(below, 1), max(0, 1-below)
}
