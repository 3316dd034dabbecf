package app_test

import (
	"math/big"
	"slices"
)

// The protocol's figures, as docs/protocol.md states them; the reckoning shares no arithmetic with the chain.
const (
	eraBudget        = 1_000 * fis
	eraCap           = eraBudget / 10
	refundReserve    = 500 * fis
	signaturePoints  = 20
	callPoints       = 2
	faultWrong       = 2
	curveSlope       = 3
	toleratedTenths  = 10
	fractionDecimals = 18
)

// one is 1 in units of 10^-18, the precision of a fraction.
func one() *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(fractionDecimals), nil) }

// eraFraction is min((3·(k − ⌊n/10⌋)/n)^2, 1)/10 in units of 10^-18, truncated, and 0 while k ≤ ⌊n/10⌋.
func eraFraction(k, n int) *big.Int {
	root := int64(curveSlope * max(0, k-n/toleratedTenths))
	if root >= int64(n) {
		return new(big.Int).Quo(one(), big.NewInt(10))
	}
	square := new(big.Int).Mul(one(), big.NewInt(root*root))
	return square.Quo(square, big.NewInt(10*int64(n)*int64(n)))
}

// partOf is ⌊amount · fraction⌋.
func partOf(amount int64, fraction *big.Int) int64 {
	part := new(big.Int).Mul(big.NewInt(amount), fraction)
	return part.Quo(part, one()).Int64()
}

// duty is an account of protocol §12 of one member, vault and era; signed are of the required sessions, credited of others.
type duty struct {
	required, missed, signed, credited, wrong int
	observed, agreed, contrary                int
}

// verdict is what protocol §13 makes of a duty.
type verdict struct {
	duty
	operator                          string
	heartbeats                        int
	unresponsive, missing, erroneous  bool
	withdrawn                         bool
	power, infraction, slashed, total int64
}

func (v verdict) atFault() bool { return v.unresponsive || v.missing || v.erroneous }

// reckonedVault is a vault generation's judgement; members in the order of its keys.
type reckonedVault struct {
	vault, vaultEra uint64
	faults          int
	fraction        *big.Int
	large           bool
	members         []verdict
}

// reckonedShare is one operator's part of an era's reward, in ufis.
type reckonedShare struct {
	signatures, attestations, calls int64
	earned, paid                    int64
	capped, forfeits                bool
}

// reckoning is all that an era comes to.
type reckoning struct {
	vaults []reckonedVault
	shares map[string]*reckonedShare
	// signaturePoints and callPoints of all, treasury what is paid to nobody, burned all that was slashed as the era ended.
	signaturePoints, callPoints, treasury, burned int64
	withdrawn                                     map[string]bool
}

// reckon judges an era by the books: forfeiting are those who lose the era's reward for other reasons than a fault.
func (b *eraBooks) reckon(era uint64, stakes *stakeModel, forfeiting []string) reckoning {
	r := reckoning{shares: map[string]*reckonedShare{}, withdrawn: map[string]bool{}}
	for _, vault := range b.vaultsOf(era) {
		r.vaults = append(r.vaults, b.judge(era, vault))
	}
	for i := range r.vaults {
		r.burned += b.slash(&r.vaults[i], stakes)
	}
	for _, vault := range r.vaults {
		for _, v := range vault.members {
			share := r.share(v.operator)
			share.signatures += int64(v.signed + v.credited)
			share.attestations += int64(v.agreed)
			share.forfeits = share.forfeits || v.atFault() || slices.Contains(forfeiting, v.operator)
			r.withdrawn[v.operator] = r.withdrawn[v.operator] || v.withdrawn
		}
	}
	for _, c := range b.calls {
		if b.eras[c.height-1] == era {
			r.share(c.operator).calls += c.calls
		}
	}
	r.divide()
	return r
}

func (r *reckoning) share(operator string) *reckonedShare {
	if r.shares[operator] == nil {
		r.shares[operator] = &reckonedShare{}
	}
	return r.shares[operator]
}

// divide is protocol §14: r_i = ⌊B·p_i/Σp⌋, at most the cap, the rest to the Treasury.
func (r *reckoning) divide() {
	for _, share := range r.shares {
		r.signaturePoints += signaturePoints * share.signatures
		r.callPoints += callPoints * (share.attestations + share.calls)
	}
	r.treasury = eraBudget
	for _, share := range r.shares {
		points := signaturePoints*share.signatures + callPoints*(share.attestations+share.calls)
		share.earned = eraBudget * points / (r.signaturePoints + r.callPoints)
		share.capped = share.earned > eraCap
		if !share.forfeits {
			share.paid = min(share.earned, eraCap)
		}
		r.treasury -= share.paid
	}
}

// vaultsOf an era are those with a session that settled or an observation that was accepted in it, in ascending order.
func (b *eraBooks) vaultsOf(era uint64) []uint64 {
	var vaults []uint64
	for _, a := range b.attempts {
		if b.settledIn(a) == era {
			vaults = append(vaults, a.session.Vault)
		}
	}
	slices.Sort(vaults)
	return slices.Compact(vaults)
}

// settledIn is the era in whose blocks an attempt stopped taking signatures, 0 where it takes some still.
func (b *eraBooks) settledIn(a *attempt) uint64 {
	if int(a.session.Expires) > len(b.eras) {
		return 0
	}
	return b.eras[a.session.Expires-1]
}

// judge finds the faults of a vault's members in an era.
func (b *eraBooks) judge(era, vault uint64) reckonedVault {
	duties, members, vaultEra := b.dutiesOf(era, vault)
	judged := reckonedVault{vault: vault, vaultEra: vaultEra}
	for _, operator := range members {
		v := verdict{operator: operator, duty: *duties[operator], heartbeats: b.heartbeatsOf(era, operator)}
		v.unresponsive = v.required > 0 && v.signed+v.credited == 0 && v.heartbeats == 0
		v.missing, v.erroneous = 3*v.missed > v.required, v.wrong >= faultWrong
		if v.atFault() {
			judged.faults++
		}
		judged.members = append(judged.members, v)
	}
	judged.fraction = eraFraction(judged.faults, len(members))
	judged.large = 3*judged.faults > 2*eraThreshold
	for i := range judged.members {
		v := &judged.members[i]
		v.withdrawn = v.atFault() && (judged.large || 3*v.missed > 2*v.required)
	}
	return judged
}

// dutiesOf are the accounts of a vault's members in an era: a session that no more than M − N signed, or that another attempt overtook, is
// required of nobody; what was signed in it counts for reward, what was signed wrongly against nobody.
func (b *eraBooks) dutiesOf(era, vault uint64) (duties map[string]*duty, members []string, vaultEra uint64) {
	duties = map[string]*duty{}
	for _, a := range b.attempts {
		if a.session.Vault != vault {
			continue
		}
		members, vaultEra = a.members, a.vaultEra
		if b.settledIn(a) == era {
			countAttempt(duties, a)
		}
	}
	for _, o := range b.observations {
		if o.vault == vault && b.eras[o.height-1] == era {
			countObservation(duties, o)
		}
	}
	return duties, members, vaultEra
}

func dutyIn(duties map[string]*duty, operator string) *duty {
	if duties[operator] == nil {
		duties[operator] = &duty{}
	}
	return duties[operator]
}

func countAttempt(duties map[string]*duty, a *attempt) {
	blames := len(a.signed) > eraSize-eraThreshold && !a.overtaken
	for _, operator := range a.members {
		d := dutyIn(duties, operator)
		switch signed := a.signed[operator]; {
		case blames && signed:
			d.required, d.signed = d.required+1, d.signed+1
		case blames:
			d.required, d.missed = d.required+1, d.missed+1
		case signed:
			d.credited++
		}
		if blames {
			d.wrong += a.wrong[operator]
		}
	}
}

func countObservation(duties map[string]*duty, o observation) {
	for _, operator := range o.members {
		dutyIn(duties, operator).observed++
	}
	for _, operator := range o.agreed {
		dutyIn(duties, operator).agreed++
	}
	for _, operator := range o.contrary {
		dutyIn(duties, operator).contrary++
	}
}

// heartbeatsOf is in how many intervals of an era an operator gave a sign of life.
func (b *eraBooks) heartbeatsOf(era uint64, operator string) int {
	var intervals []int64
	for _, sent := range b.sent {
		if sent.operator == operator && sent.signOfLife() && b.eras[sent.height-1] == era {
			intervals = append(intervals, b.intervalOf(era, sent.height))
		}
	}
	slices.Sort(intervals)
	return len(slices.Compact(intervals))
}

// slash takes the fraction of every member with a fault, in order, and returns what was burned in all: stake is what the committee's pool
// was frozen with, and who undelegated or redelegated in a later block is slashed with it (protocol §13).
func (b *eraBooks) slash(vault *reckonedVault, stakes *stakeModel) int64 {
	frozen, burned := b.frozen[vault.vaultEra-1], int64(0)
	for i := range vault.members {
		v := &vault.members[i]
		if !v.atFault() || vault.fraction.Sign() == 0 {
			continue
		}
		v.power, v.infraction = frozen.tokens[v.operator]/fis, frozen.height+1
		v.slashed, v.total = stakes.slash(v.operator, v.power*fis, vault.fraction, v.infraction)
		burned += v.total
	}
	return burned
}

// stakeModel is x/staking as far as the era's slashes reach it: tokens of validators, and what left them, in ufis.
type stakeModel struct {
	tokens map[string]int64
	left   []leftStake
}

// leftStake is what a delegator took from a validator at a height, and where it went: "" if it is unbonding.
type leftStake struct {
	from, to        string
	height          int64
	initial, amount int64
}

// slash takes a fraction of a stake, of what left it from a height on first; it returns what the validator's own tokens lost, and all.
func (m *stakeModel) slash(operator string, stake int64, fraction *big.Int, infraction int64) (own, total int64) {
	own = partOf(stake, fraction)
	for i := range m.left {
		left := &m.left[i]
		if left.from != operator || left.height < infraction {
			continue
		}
		part := partOf(left.initial, fraction)
		own -= part
		total += part
		left.amount -= part
		if left.to != "" {
			m.tokens[left.to] -= part
		}
	}
	own = max(0, min(own, m.tokens[operator]))
	m.tokens[operator] -= own
	return own, total + own
}
