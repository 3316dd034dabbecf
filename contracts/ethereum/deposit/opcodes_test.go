package deposit_test

import "github.com/ethereum/go-ethereum/core/vm"

// opcodes lists the names of code's instructions up to the first that is none: what solc puts behind the code is data.
func opcodes(code []byte) (names []string) {
	for i := 0; i < len(code); i++ {
		op := vm.OpCode(code[i])
		names = append(names, op.String())
		if op.IsPush() {
			i += int(op - vm.PUSH0)
		}
	}
	return names
}
