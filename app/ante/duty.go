package ante

import (
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// duty is a message that a member owes.
type duty struct {
	submitter string
	heartbeat bool
	// session that signatures are for, 0 for other duties.
	session     uint64
	observation bool
	// size of the message in bytes, encoded as it has to be.
	size int
}

// dutyOf recognises the duty messages: heartbeats, signatures, observations and attestations, and those of the seed's round. RPC receipts are
// none: nobody has to serve calls, and they earn points by themselves. The handlers let only those succeed who owe them.
func dutyOf(msg sdk.Msg) (duty, bool) {
	switch m := msg.(type) {
	case *ssvtypes.MsgHeartbeat:
		return duty{submitter: m.Submitter, heartbeat: true}, true
	case *ssvtypes.MsgDeal:
		return duty{submitter: m.Submitter}, true
	case *ssvtypes.MsgOpen:
		return duty{submitter: m.Submitter}, true
	case *ssvtypes.MsgDecrypt:
		return duty{submitter: m.Submitter}, true
	case *multisigtypes.MsgSubmitSignatures:
		return duty{submitter: m.Submitter, session: m.Session}, true
	case *stakingcontracttypes.MsgObserve:
		return duty{submitter: m.Submitter, observation: true}, true
	case *stakingcontracttypes.MsgAttest:
		return duty{submitter: m.Submitter}, true
	}
	return duty{}, false
}

// dutiesOf returns the duties that messages consist of, also inside a MsgExec but not inside one in another. It says false where there is any
// other message, none at all, or more than one submitter.
func dutiesOf(msgs []sdk.Msg) ([]duty, bool) {
	var duties []duty
	for _, msg := range msgs {
		inner := []sdk.Msg{msg}
		if exec, ok := msg.(*authz.MsgExec); ok {
			var err error
			if inner, err = exec.GetMessages(); err != nil {
				return nil, false
			}
		}
		for _, msg := range inner {
			duty, ok := dutyOf(msg)
			if !ok || len(duties) > 0 && duties[0].submitter != duty.submitter {
				return nil, false
			}
			duty.size = proto.Size(msg)
			duties = append(duties, duty)
		}
	}
	return duties, len(duties) > 0
}

func heartbeatsIn(duties []duty) uint64 {
	count := uint64(0)
	for _, duty := range duties {
		if duty.heartbeat {
			count++
		}
	}
	return count
}
