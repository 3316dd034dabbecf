package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// checkDegree tests v_0 … v_S against one word of the dual of the Reed–Solomon code of length S+1 and dimension t (SCRAPE §2.1, Lemma 1): for
// c_i = λ_i·f(i) with λ_i = Π_{j≠i} 1/(i−j) and deg f ≤ S−t, Π v_i^{c_i} is the identity for every f exactly if the v_i are on a
// polynomial of degree below t.
//
// SCRAPE draws f's S−t+1 coefficients at random. Here f is 1 + (αX) + … + (αX)^{S−t} for a random α: for a word that is not in the code, the
// product's logarithm is a polynomial in α of degree at most S−t that is not zero, so it vanishes for at most S−t of 2^252 values of α (as
// against one in 2^252), and the word costs O(S log S) instead of O(S²). α hashes the whole dealing.
func (r *Round) checkDegree(dealer string, encoded []byte, commitments []*curve.RistrettoPoint) error {
	word := dualWord(r.degreeAlpha(dealer, encoded), r.Slots(), r.threshold)
	if !combine(word, commitments).IsIdentity() {
		return fmt.Errorf("%w: dealer %s, want degree below %d in %d slots", ErrDegree, dealer, r.threshold, r.Slots())
	}
	return nil
}

func (r *Round) degreeAlpha(dealer string, encoded []byte) *scalar.Scalar {
	return r.context("degree", dealer).bytes(encoded).scalar()
}

// dualWord is c_0 … c_S.
func dualWord(alpha *scalar.Scalar, slots, threshold int) []*scalar.Scalar {
	word := barycentric(slots)
	for i, weight := range word {
		x := scalar.New().Mul(alpha, scalar.NewFromUint64(uint64(i)))
		sum, _ := geometric(x, slots-threshold+1)
		weight.Mul(weight, sum)
	}
	return word
}

// geometric is 1 + x + … + x^{n−1}, and x^n, for n ≥ 1, in O(log n) products.
func geometric(x *scalar.Scalar, n int) (sum, power *scalar.Scalar) {
	if n == 1 {
		return scalar.One(), scalar.New().Set(x)
	}
	half, root := geometric(x, n/2)
	sum = scalar.New().Add(scalar.One(), root)
	sum.Mul(sum, half)
	power = scalar.New().Mul(root, root)
	if n%2 == 1 {
		sum.Add(sum, power)
		power.Mul(power, x)
	}
	return sum, power
}

// barycentric is λ_i = Π_{j≠i} 1/(i−j) over the points 0 … n: 1 / ((−1)^{n−i}·i!·(n−i)!).
func barycentric(n int) []*scalar.Scalar {
	factorials := make([]*scalar.Scalar, n+1)
	factorials[0] = scalar.One()
	for i := 1; i <= n; i++ {
		factorials[i] = scalar.New().Mul(factorials[i-1], scalar.NewFromUint64(uint64(i)))
	}
	weights := make([]*scalar.Scalar, n+1)
	for i := range weights {
		weights[i] = scalar.New().Mul(factorials[i], factorials[n-i])
		if (n-i)%2 == 1 {
			weights[i].Neg(weights[i])
		}
	}
	scalar.New().BatchInvert(weights)
	return weights
}
