package app_test

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// cast is who plays which part in the era: members of the committee in the order drawn, after the last drawn one was exchanged.
type cast struct {
	// outgoing committee and the one that is drawn.
	outgoing, committee ssvtypes.Committee
	// deserters are of the outgoing committee: they leave the handover of their vault to the others.
	deserters []string
	// silent does nothing in the whole era; mute sends heartbeats and nothing else.
	silent, mute string
	// mostly misses more than two thirds of what is required, and rotates its consensus key; twoThirds exactly as much, and its nominator
	// redelegates; third exactly a third; more a session more than that, and its nominator undelegates.
	mostly, twoThirds, third, more string
	// once gives one wrong signature, twice two, both with valid ones after them; twice takes its own stake away and is jailed.
	once, twice string
	// now and then one of the fillers misses a session.
	fillers []string
	// contrary rejects what is true; liar proposes what is rejected, fibber what is merely overtaken; rogue signs what nobody asked for.
	contrary, liar, fibber, rogue string
	// spammer sends everything twice; cheat hands in receipts of clients that it invented; leaver resigns.
	spammer, cheat, leaver string
	// exchanged gave way because of a vault address that could not be had; substitute took its seat.
	exchanged, substitute string
	// shirker is a standby that gives no signs of life; called are those that replace silent and mute, relief those that replace the evil.
	shirker        string
	called, relief []string
	// careless give two wrong signatures each after the emergency: so many that the curve withdraws them.
	careless []string
	// undealt is a member that does not deal for the seed.
	undealt string
}

// foresee elects the next committee as anybody can who knows the seed, before the era ends.
func (e *wholeEra) foresee() ssvtypes.Committee {
	e.t.Helper()
	ctx, _ := e.context().CacheContext()
	era := e.era()
	ctx = ctx.WithBlockHeight(e.height + 1).WithBlockTime(e.began[era].time.Add(eraSeconds * time.Second))
	_, err := e.app.SSV.EndBlock(ctx)
	require.NoError(e.t, err)
	committee, found, err := e.app.SSV.Committee(ctx, era+1, firstContract)
	require.NoError(e.t, err)
	require.True(e.t, found)
	return committee
}

func operatorsOf(members []ssvtypes.Member) []string {
	operators := make([]string, len(members))
	for i, member := range members {
		operators[i] = member.Operator
	}
	return operators
}

func newCast(outgoing, committee ssvtypes.Committee) *cast {
	members, standbys := operatorsOf(committee.Members), operatorsOf(committee.Standbys)
	c := &cast{
		outgoing: outgoing, committee: committee,
		deserters: operatorsOf(outgoing.Members)[:3],
		silent:    members[0], mute: members[1], mostly: members[2], twoThirds: members[3], third: members[4], more: members[5],
		once: members[6], twice: members[7], fillers: members[8:13], contrary: members[13], liar: members[14], fibber: members[15],
		rogue: members[16], spammer: members[17], cheat: members[18], leaver: members[19],
		exchanged: members[20], substitute: standbys[0], shirker: standbys[1], called: standbys[2:4], relief: standbys[4:6],
	}
	c.careless = slices.Concat(c.fillers, c.called, []string{c.once, c.contrary, c.spammer, c.leaver})
	return c
}

// away are those who never vote.
func (c *cast) away() []string { return []string{c.silent, c.mute} }

// flee moves stake away from members between the freeze and their seats.
func (e *wholeEra) flee(c *cast) {
	e.t.Helper()
	nominator := account(e.stakers[1]).String()
	e.do(scripted{key: e.stakers[1], msg: stakingtypes.NewMsgUndelegate(nominator, c.more, ufis(nominated))})
	e.do(scripted{key: e.stakers[1], msg: stakingtypes.NewMsgBeginRedelegate(nominator, c.twoThirds, e.haven(c), ufis(nominated))})
}

// haven is the first operator that serves in neither era nor stands by.
func (e *wholeEra) haven(c *cast) string {
	e.t.Helper()
	busy := slices.Concat(operatorsOf(c.committee.Members), operatorsOf(c.committee.Standbys), operatorsOf(c.outgoing.Members))
	for i := range e.operators {
		if text := operator(e.operators[i]); !slices.Contains(busy, text) {
			return text
		}
	}
	require.Fail(e.t, "no haven")
	return ""
}

// exchange has the address of the new committee's vault turn out to be one that the vault can't use, which makes its member drawn last give way, and
// then hands the old vault's funds over, all by the members of the outgoing committee but its deserters.
func (e *wholeEra) exchange(c *cast) {
	e.t.Helper()
	absent := votes{silent: c.deserters}
	e.origin.account(e.pending(), strangeAccount)
	e.observe(absent)
	e.origin.account(e.pending(), plainAccount)
	e.observe(absent)
	e.carryOut(absent, plan{absent: c.deserters})
}

func (e *wholeEra) state() stakingcontracttypes.ContractState {
	e.t.Helper()
	state, err := e.app.StakingContract.State(e.context(), firstContract)
	require.NoError(e.t, err)
	return state
}

// pending is the vault that is next.
func (e *wholeEra) pending() uint64 {
	e.t.Helper()
	vault := e.state().PendingVault
	require.NotZero(e.t, vault)
	return vault
}

func ufis(amount int64) sdk.Coin { return sdk.NewInt64Coin(app.BondDenom, amount) }

// neglect is the era up to the emergency: sessions that reach N, that expire below it, that are void, and one that is overtaken.
func (e *wholeEra) neglect(c *cast) {
	e.t.Helper()
	v := votes{silent: c.away(), contrary: []string{c.contrary}}
	sound := plan{absent: c.away(), again: []string{c.spammer}}
	e.pay(v, with(sound, map[string]int{c.once: 1, c.twice: 1}))
	e.pay(v, with(sound, map[string]int{c.twice: 1}))
	e.spam(c)
	missing := e.missing(c)
	var plans []plan
	for i, absent := range missing[:13] {
		plans = append(plans, plan{absent: absent, expires: true})
		if i == 6 {
			plans = append(plans, plan{absent: e.newestMembers(), expires: true}, plan{
				absent: e.newestMembers()[:15], wrong: map[string]int{c.once: 1}, expires: true,
			})
		}
	}
	e.pay(v, append(plans, sound)...)
	e.pay(v, plan{absent: missing[13], expires: true}, plan{absent: e.newestMembers()[:12], executes: 1})
	e.pay(v, sound)
	e.rotateKey(c.mostly)
	e.pay(v, sound)
}

// spam are more heartbeats of one that has sent its own in the interval.
func (e *wholeEra) spam(c *cast) {
	e.t.Helper()
	for range 2 {
		e.do(e.relayed(c.spammer, beat(e.submitters[e.index[c.spammer]])))
	}
}

// newestMembers are those of the vault whose session was opened last.
func (e *wholeEra) newestMembers() []string { return e.newest().members }

func with(p plan, wrong map[string]int) plan {
	p.wrong = wrong
	return p
}

// missing are who misses each of the fourteen attempts that expire with fourteen signatures: mostly and twoThirds all of them, more seven,
// third six, and fillers in turn.
func (e *wholeEra) missing(c *cast) [][]string {
	missing, turn := make([][]string, 14), 0
	for i := range missing {
		missing[i] = append(c.away(), c.mostly, c.twoThirds)
		if i < 7 {
			missing[i] = append(missing[i], c.more)
		}
		if i < 6 {
			missing[i] = append(missing[i], c.third)
		}
		for len(missing[i]) < eraSize-eraThreshold+1 {
			missing[i] = append(missing[i], c.fillers[turn%len(c.fillers)])
			turn++
		}
	}
	return missing
}

// emergency is a session with N signatures: silent and mute lose their seats, and the others who missed it keep theirs. A handover follows.
func (e *wholeEra) emergency(c *cast) {
	e.t.Helper()
	v := votes{silent: c.away(), contrary: []string{c.contrary}}
	require.Empty(e.t, e.state().Emergency, "the sessions before showed the vault sound")
	e.pay(v, plan{absent: append(c.away(), c.mostly, c.third, c.more, c.fillers[4])})
	e.until(e.newest().session.Expires)
	e.origin.account(e.pending(), plainAccount)
	e.observe(v)
	e.carryOut(v, plan{absent: c.away()})
}

// carelessness are the sessions of the vault with the called standbys, in which the careless err twice.
func (e *wholeEra) carelessness(c *cast) {
	e.t.Helper()
	wrong := map[string]int{}
	for _, member := range c.careless {
		wrong[member] = 1
	}
	for range 2 {
		e.pay(votes{}, plan{wrong: wrong})
	}
	e.fib(c)
}

// fib has the fibber's invented deposit overtaken by what is true.
func (e *wholeEra) fib(c *cast) {
	e.t.Helper()
	e.redeem()
	a := e.newest()
	e.signs(a, plan{})
	e.origin.execute(a.session, e.payload(a.session.Id))
	e.awaitTurn(func(operator string) bool { return operator == c.fibber })
	truth := e.truth()
	e.do(e.proposal(c.fibber, invented(truth, a.session.Vault, account(e.stakers[0]).String())))
	honest := votes{silent: []string{c.fibber}}
	proposer := e.awaitTurn(func(operator string) bool { return operator != c.fibber })
	e.do(e.proposal(proposer, truth))
	e.agree(honest, proposer, truth)
}

// evil has the liar's invented deposit rejected and refuted, and the rogue's signature reported in the same block. Both lose their seats.
func (e *wholeEra) evil(c *cast) {
	e.t.Helper()
	e.redeem()
	a := e.newest()
	e.signs(a, plan{})
	e.origin.execute(a.session, e.payload(a.session.Id))
	e.awaitTurn(func(operator string) bool { return operator == c.liar })
	truth := e.truth()
	lie := invented(truth, a.session.Vault, account(e.stakers[0]).String())
	e.do(e.proposal(c.liar, lie))
	var script []scripted
	for _, member := range a.members {
		if member != c.liar && len(script) < eraThreshold {
			script = append(script, e.answer(member, lie, false))
		}
	}
	e.do(script...)
	proposer := e.awaitTurn(func(operator string) bool { return operator != c.liar })
	e.do(e.proposal(proposer, truth))
	e.agree(votes{silent: []string{c.liar}}, proposer, truth, scripted{key: e.stakers[2], msg: e.rogueReport(a, c.rogue)})
	e.evilAt = e.height
}

// rogueReport proves that a member signed a payment of its vault that no session asked for.
func (e *wholeEra) rogueReport(a *attempt, operator string) *multisigtypes.MsgReportRogueSignature {
	e.t.Helper()
	payload := payloadOf(e.chain, e.context(), a.session.Id)
	payload.Memo, payload.Sequence = "stafi/999999", payload.Sequence+1
	document, err := cosmos.SignBytes(payload)
	require.NoError(e.t, err)
	signature, err := e.signerKey(operator).Sign(document)
	require.NoError(e.t, err)
	return &multisigtypes.MsgReportRogueSignature{
		Reporter: account(e.stakers[2]).String(), Vault: a.session.Vault, Operator: operator, Document: document, Signature: signature,
	}
}

// relieve hands over to the vault of those who replaced the evil, without them, and pays once more.
func (e *wholeEra) relieve(c *cast) {
	e.t.Helper()
	evil := []string{c.liar, c.rogue}
	e.origin.account(e.pending(), plainAccount)
	e.observe(votes{silent: evil})
	e.carryOut(votes{silent: evil}, plan{absent: evil})
	e.pay(votes{}, plan{})
}

// rotateKey gives an operator's validator another consensus key.
func (e *wholeEra) rotateKey(operator string) {
	e.t.Helper()
	key := ed25519.GenPrivKeyFromSecret([]byte("rotated " + operator)).PubKey()
	msg, err := stakingtypes.NewMsgRotateConsPubKey(operator, key)
	require.NoError(e.t, err)
	e.do(scripted{key: e.operators[e.index[operator]], msg: msg})
}

// desert takes an operator's own stake away, which jails it, and has another resign.
func (e *wholeEra) desert(c *cast) {
	e.t.Helper()
	twice, leaver := e.operators[e.index[c.twice]], e.operators[e.index[c.leaver]]
	e.do(
		scripted{key: twice, msg: stakingtypes.NewMsgUndelegate(account(twice).String(), c.twice, ufis(ownStake(e.index[c.twice])))},
		scripted{key: leaver, msg: &ssvtypes.MsgResign{Operator: c.leaver}},
	)
}
