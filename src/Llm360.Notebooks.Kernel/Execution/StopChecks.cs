// Compiles checks for a stop into a cell's assembly, so that all its code ends on an interrupt.
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Rewrites the intermediate language of a compiled cell.</summary>
/// <remarks>
/// A check precedes every backward branch, and so runs in every iteration of every loop. Another
/// check is at the entry of every method and lambda, so that a query that calls back into the cell
/// ends as well. It also checks the room on the stack. It precedes a <c>try</c> with which the
/// method begins, because the handler would catch the exception and continue the recursion.
/// The source and its lines are unchanged, and no rule of the language has to be known: type
/// inference, expression trees and iterators stay as the compiler made them. The runtime's own way
/// to end a thread (<c>ControlledExecution</c>) was tried and does not help: framework loops end
/// after seconds or not at all, and waits do not end.
/// </remarks>
internal static class StopChecks
{
    /// <summary>The assembly and its symbols with the checks.</summary>
    public static (MemoryStream Image, MemoryStream Symbols) Insert(Stream image, Stream symbols)
    {
        using var resolver = new LoadedAssemblies();
        var reading = new ReaderParameters
        {
            ReadSymbols = true,
            SymbolStream = symbols,
            SymbolReaderProvider = new PortablePdbReaderProvider(),
            AssemblyResolver = resolver,
        };
        using var module = ModuleDefinition.ReadModule(image, reading);
        var calls = new Calls(module);
        foreach (var method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
            Rewrite(method, calls);
        var (newImage, newSymbols) = (new MemoryStream(), new MemoryStream());
        var writing = new WriterParameters
        {
            WriteSymbols = true,
            SymbolStream = newSymbols,
            SymbolWriterProvider = new PortablePdbWriterProvider(),
        };
        module.Write(newImage, writing);
        newImage.Position = newSymbols.Position = 0;
        return (newImage, newSymbols);
    }

    private static void Rewrite(MethodDefinition method, Calls calls)
    {
        var body = method.Body;
        body.SimplifyMacros();
        var order = body.Instructions.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        var backward = body.Instructions.Where(branch => Targets(branch).Any(target => order[target] <= order[branch])).ToList();
        foreach (var call in body.Instructions.Where(instruction => instruction.OpCode == OpCodes.Call))
        {
            if (calls.StoppableSleep((MethodReference)call.Operand) is { } sleep)
                call.Operand = sleep;
        }

        foreach (var branch in IsCleanup(method) ? [] : backward)
            InsertBefore(body, branch, calls.Check);
        if (IsAsync(method))
        {
            var outermost = body.ExceptionHandlers.MaxBy(handler => order[handler.TryEnd] - order[handler.TryStart])!;
            InsertBefore(body, outermost.TryStart, calls.CheckResumed);
        }
        else
        {
            InsertAtEntry(method, IsCleanup(method) ? calls.EnterCleanup : calls.Enter);
        }

        body.OptimizeMacros();
    }

    private static Instruction[] Targets(Instruction instruction) => instruction.Operand switch
    {
        Instruction target => [target],
        Instruction[] targets => targets,
        _ => [],
    };

    /// <summary>Replaces the instruction with the call and puts a copy of the instruction after it,
    /// so that every jump to it reaches the call.</summary>
    private static void InsertBefore(MethodBody body, Instruction instruction, MethodReference call)
    {
        var moved = Instruction.Create(OpCodes.Nop);
        (moved.OpCode, moved.Operand) = (instruction.OpCode, instruction.Operand);
        (instruction.OpCode, instruction.Operand) = (OpCodes.Call, call);
        body.GetILProcessor().InsertAfter(instruction, moved);
    }

    /// <summary>Inserts the call as the first instruction, with the line of the next one: the
    /// runtime reports some exceptions at a method's beginning.</summary>
    private static void InsertAtEntry(MethodDefinition method, MethodReference call)
    {
        var entry = Instruction.Create(OpCodes.Call, call);
        method.Body.GetILProcessor().InsertBefore(method.Body.Instructions[0], entry);
        if (method.DebugInformation.SequencePoints is not [var first, ..] points)
            return;
        points.Insert(0, new SequencePoint(entry, first.Document)
        {
            StartLine = first.StartLine,
            StartColumn = first.StartColumn,
            EndLine = first.EndLine,
            EndColumn = first.EndColumn,
        });
    }

    /// <summary>Whether the method is the MoveNext of an async method. Outside of its try, an
    /// exception would end the process instead of the task.</summary>
    private static bool IsAsync(MethodDefinition method) =>
        method.Name == "MoveNext" && method.DeclaringType.Interfaces.Any(type => type.InterfaceType.Name == "IAsyncStateMachine");

    /// <summary>Whether the method runs while a stopped cell is unwound, and so must run to its
    /// end.</summary>
    private static bool IsCleanup(MethodDefinition method) =>
        method.Name is "Finalize" || method.Name.Split('.')[^1] is "Dispose" or "DisposeAsync";

    private sealed class Calls(ModuleDefinition module)
    {
        private readonly MethodReference sleep = Import(module, nameof(CellStop.Sleep), typeof(int));
        private readonly MethodReference sleepFor = Import(module, nameof(CellStop.Sleep), typeof(TimeSpan));

        public MethodReference Check { get; } = Import(module, nameof(CellStop.Check));

        public MethodReference Enter { get; } = Import(module, nameof(CellStop.Enter));

        public MethodReference EnterCleanup { get; } = Import(module, nameof(CellStop.EnterCleanup));

        public MethodReference CheckResumed { get; } = Import(module, nameof(CellStop.CheckResumed));

        public MethodReference? StoppableSleep(MethodReference called) => called switch
        {
            { Name: "Sleep", DeclaringType.FullName: "System.Threading.Thread" } =>
                called.Parameters[0].ParameterType.Name == "Int32" ? sleep : sleepFor,
            _ => null,
        };

        private static MethodReference Import(ModuleDefinition module, string name, params Type[] parameters) =>
            module.ImportReference(typeof(CellStop).GetMethod(name, parameters));
    }

    /// <summary>Finds what a cell refers to among the loaded assemblies.</summary>
    private sealed class LoadedAssemblies : BaseAssemblyResolver
    {
        public override AssemblyDefinition Resolve(AssemblyNameReference name, ReaderParameters parameters) =>
            AppDomain.CurrentDomain.GetAssemblies()
                .FirstOrDefault(a => a.GetName().Name == name.Name && a.Location.Length > 0) is { } loaded
                ? AssemblyDefinition.ReadAssembly(loaded.Location)
                : base.Resolve(name, parameters);
    }
}
