#!/usr/bin/env bash
# A Slurm of this machine alone, for tests: cluster.sh FOLDER CONTROLLER_PORT NODE_PORT
# It says "ready" on its output, obeys "start slurmd" and "stop slurmd" on its input, and ends everything, jobs too, at the
# end of its input. So no daemon outlives the test that holds the pipe. Needs root and Debian's slurm-wlm and munge.
set -u
folder=$1 controller_port=$2 node_port=$3
host=$(hostname -s)
install -d "$folder"/{state,spool,logs}
install -d -m 0700 "$folder/munge"
(umask 077 && head -c 256 /dev/urandom > "$folder/munge/key")

cat > "$folder/slurm.conf" <<CONF
ClusterName=llm360
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
AuthInfo=socket=$folder/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=2
MailProg=/bin/true
MaxArraySize=8
MinJobAge=3600
KillWait=2
SlurmdTimeout=5
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf

daemons=()
run() { # A daemon in the foreground, so that this script knows its number.
    local log=$1
    shift
    "$@" < /dev/null > "$folder/logs/$log" 2>&1 &
    daemons+=($!)
}
start_slurmd() {
    run slurmd slurmd -D -N "$host"
    slurmd=$!
}
wait_until_idle() {
    for _ in $(seq 300); do
        [ "$(sinfo --noheader --format=%t 2> /dev/null)" = idle ] && return 0
        sleep 0.1
    done
    return 1
}

run munged munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
    --pid-file="$folder/munge/pid" --log-file="$folder/logs/munged.log" --seed-file="$folder/munge/seed"
for _ in $(seq 50); do [ -S "$folder/munge/socket" ] && break; sleep 0.05; done
run slurmctld slurmctld -D
start_slurmd
if wait_until_idle; then echo ready; else
    echo "no cluster: $(tail -qn 3 "$folder"/logs/* | tr '\n' ' ')"
fi

while read -r line; do
    case $line in
        "stop slurmd") kill "$slurmd" && wait "$slurmd"; echo stopped ;;
        "start slurmd") start_slurmd; echo started ;;
    esac
done

# Jobs first: nobody would end them later.
squeue --noheader --format=%A 2> /dev/null | sort -u | xargs -r scancel --signal=KILL --full 2> /dev/null
squeue --noheader --format=%A 2> /dev/null | sort -u | xargs -r scancel 2> /dev/null
for _ in $(seq 50); do [ -z "$(squeue --noheader 2> /dev/null)" ] && break; sleep 0.1; done
for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2> /dev/null && wait "${daemons[i]}"
done
