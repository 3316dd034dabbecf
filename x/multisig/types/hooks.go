package types

import "context"

// MemberResult is what one member did in a session until it was settled.
type MemberResult struct {
	// Operator is the member's stafivaloper address.
	Operator string
	// Signed is true where a valid signature of the member was counted.
	Signed bool
	// Wrong is the number of its wrong signatures recorded.
	Wrong uint32
}

// Hooks are the calls that x/multisig makes upward; x/ssv implements them to keep the accounts of duty (protocol §12).
type Hooks interface {
	// AfterSessionSettled is called once for each session, in the EndBlock of the block at which it stops taking signatures, whatever
	// its status. results holds every signer of the vault in key order. A VOID session blames no one (protocol §7), and one that is
	// not obliged is not accounted. An error or a panic undoes the hook's own writes, is logged, and the settlement stands.
	AfterSessionSettled(ctx context.Context, vault Vault, session Session, tally Tally, results []MemberResult) error
	// AfterRogueSignature is called when a signer's signature over a payload of its vault was reported that no session asked for, once for
	// each vault and signer. An error refuses the report.
	AfterRogueSignature(ctx context.Context, vault Vault, rogue RogueSignature) error
}
