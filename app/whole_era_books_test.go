package app_test

import (
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// eraBooks are what happened, as those who did it know it.
type eraBooks struct {
	// eras by height less 1: the era that the transactions of that block were in.
	eras   []uint64
	began  map[uint64]eraStart
	frozen map[uint64]frozenStakes
	sent   []sentDuty
	// attempts in the order in which they were opened, observations in which they were accepted.
	attempts     []*attempt
	observations []observation
	calls        []countedCalls
	// seats are who had one after each block.
	seats map[int64]map[string]bool
}

type eraStart struct {
	height int64
	time   time.Time
}

// frozenStakes are all validators' tokens in ufis after the block in which a pool was frozen.
type frozenStakes struct {
	height int64
	tokens map[string]int64
}

// attempt is a session with what its vault's members, in the vault's order, did in it.
type attempt struct {
	session  multisigtypes.Session
	vaultEra uint64
	members  []string
	signed   map[string]bool
	wrong    map[string]int
	// overtaken where another attempt of its series was proven before N signed this one and before it took no more signatures.
	overtaken bool
}

// observation that was accepted, with its vault's members and their answers.
type observation struct {
	vault            uint64
	height           int64
	members          []string
	agreed, contrary []string
}

type countedCalls struct {
	height   int64
	operator string
	calls    int64
}

// sentDuty is a transaction that an operator's relayer sent.
type sentDuty struct {
	height   int64
	operator string
	msg      sdk.Msg
	gas      int64
	failed   bool
	// valid where it carries a valid signature.
	valid bool
}

func newEraBooks() eraBooks {
	return eraBooks{began: map[uint64]eraStart{}, frozen: map[uint64]frozenStakes{}, seats: map[int64]map[string]bool{}}
}

func (b *eraBooks) record(height int64, s scripted, gas int64) {
	if s.operator != "" {
		b.sent = append(b.sent, sentDuty{height: height, operator: s.operator, msg: s.msg, gas: gas, failed: s.fails, valid: s.valid})
	}
}

// intervalOf is the heartbeat interval of a transaction in an era.
func (b *eraBooks) intervalOf(era uint64, height int64) int64 {
	return (height - 1 - b.began[era].height) / eraInterval
}

// signOfLife says whether a transaction shows that its sender lives (protocol §12).
func (d sentDuty) signOfLife() bool {
	if d.failed {
		return false
	}
	switch d.msg.(type) {
	case *multisigtypes.MsgSubmitSignatures:
		return d.valid
	case *ssvtypes.MsgHeartbeat, *ssvtypes.MsgDeal, *ssvtypes.MsgOpen, *ssvtypes.MsgDecrypt,
		*stakingcontracttypes.MsgObserve, *stakingcontracttypes.MsgAttest, *stakingcontracttypes.MsgSubmitRPCReceipts:
		return true
	}
	return false
}
