// Benchmarks of the kit against its peers; one subcommand each.
using Llm360.Notebooks;
using System.CommandLine;
using Llm360.Notebooks.Benchmarks;
using Llm360.Notebooks.Benchmarks.Attribution;
using Llm360.Notebooks.Benchmarks.Evaluation;
using Llm360.Notebooks.Benchmarks.Forward;
using Llm360.Notebooks.Benchmarks.Hub;
using Llm360.Notebooks.Benchmarks.Kernel;
using Llm360.Notebooks.Benchmarks.Machine;
using Llm360.Notebooks.Benchmarks.Memorization;
using Llm360.Notebooks.Benchmarks.Reproduce;
using Llm360.Notebooks.Benchmarks.Results;
using Llm360.Notebooks.Benchmarks.Training;
using Llm360.Notebooks.Benchmarks.Weights;

LibTorch.Load();
return await new RootCommand("Measures the kit's speed. Every contender of a benchmark takes turns in one run.")
{
    MachineCommand.Create(),
    TrainingCommand.Create(),
    TrainingWorker.Create(),
    ReproduceCommand.Create(),
    ForwardCommand.Create(),
    ForwardWorker.Create(),
    AttributionCommand.Create(),
    AttributionWorker.Create(),
    MemorizationCommand.Create(),
    MemorizationWorker.Create(),
    EvaluationCommand.Create(),
    EvaluationWorker.Create(),
    WeightsCommand.Create(),
    WeightsCommand.CreateWorker(),
    HubCommand.Create(),
    HubCommand.CreateWorker(),
    KernelCommand.Create(),
    GridCommand.Create(),
    DocumentCommand.Create(),
}.Parse(args).InvokeAsync();
