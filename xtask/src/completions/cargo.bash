
# `cargo` is completed by somebody else: by cargo's own completion, which bash-completion may load late,
# or by nobody. Ours stands before it, with its options, and passes on all that is not `cargo xtask`.

# Read a second time, this does not forget what it stands before.
__cargo_xtask_before=("${__cargo_xtask_before[@]}")

__cargo_xtask_take_over() {
    local -a options=()
    local spec word
    spec="$(complete -p cargo 2> /dev/null)"
    if [[ "$spec" == *" __cargo_xtask_or_cargo "* ]]; then
        return
    fi
    # Printed so that it can be read again.
    eval "__cargo_xtask_before=($spec)"
    for word in "${!__cargo_xtask_before[@]}"; do
        if [[ "${__cargo_xtask_before[word]}" == -o ]]; then
            options+=(-o "${__cargo_xtask_before[word + 1]}")
        fi
    done
    if [[ -z "$spec" ]]; then
        options=(-o bashdefault -o default)
    fi
    complete "${options[@]}" -F __cargo_xtask_or_cargo cargo
    # As for the next time, so for this one, where there is one.
    compopt "${options[@]}" 2> /dev/null
}

__cargo_xtask_or_cargo() {
    local at
    # Its subcommand: what comes first that is no flag, no flag's value and no toolchain.
    for ((at = 1; at < COMP_CWORD; at++)); do
        case "${COMP_WORDS[at]}" in
            --color | --config | -C | -Z)
                if [[ "${COMP_WORDS[at + 1]}" == = ]]; then
                    at=$((at + 1))
                fi
                at=$((at + 1))
                ;;
            -* | +*) ;;
            xtask)
                compopt -o bashdefault -o default +o filenames +o nospace 2> /dev/null
                local -a words=(cargo_xtask "${COMP_WORDS[@]:at + 1}")
                local -a COMP_WORDS=("${words[@]}")
                local COMP_CWORD=$((COMP_CWORD - at))
                _cargo_xtask cargo_xtask "$2" "$3"
                return
                ;;
            *) break ;;
        esac
    done
    __cargo_xtask_cargo "$@"
}

__cargo_xtask_cargo() {
    local -a before
    local word status
    if [[ ${#__cargo_xtask_before[@]} -eq 0 ]]; then
        # As bash would without us.
        complete -r cargo
        if declare -F _comp_load > /dev/null; then
            _comp_load -- cargo
        elif declare -F _completion_loader > /dev/null; then
            _completion_loader cargo
        fi
        __cargo_xtask_take_over
    fi
    before=("${__cargo_xtask_before[@]}")
    if [[ ${#before[@]} -eq 0 ]]; then
        return
    fi
    for word in "${!before[@]}"; do
        if [[ "${before[word]}" == -F ]]; then
            "${before[word + 1]}" "$@"
            status=$?
            # It may have put another one in its place, and wants that to be asked.
            __cargo_xtask_take_over
            return "$status"
        fi
    done
    # Words, files, a command: all but its name, and that it is for `cargo`.
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "${before[@]:1:${#before[@]} - 2}" -- "$2" 2> /dev/null)
}

__cargo_xtask_take_over
