// Loads LibTorch before TorchSharp looks for it, with a GLIBCXX workaround and one clear error.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Loads LibTorch and reports what was loaded.</summary>
/// <remarks>
/// The library's module initializer calls <see cref="Load"/>. An executable that uses TorchSharp
/// before this library must call it first.
/// A failure is not thrown by the initializer but by the first explicit <see cref="Load"/>, so that
/// programs can report it.
/// </remarks>
internal static class LibTorch
{
    /// <summary>
    /// The variable that names another LibTorch folder, such as <c>torch/lib</c> of a Python
    /// PyTorch with CUDA.
    /// </summary>
    public const string FolderVariable = "LLM360_LIBTORCH";

    private static readonly Lock Gate = new();
    private static LibTorchState? loaded;
    private static Llm360Exception? failure;

    /// <summary>Loads LibTorch once; later calls return immediately.</summary>
    /// <exception cref="Llm360Exception">
    /// It could not be loaded. The error names the file, the folders searched and what to install.
    /// </exception>
    public static void Load() => _ = State;

    /// <summary>The folder that LibTorch was loaded from.</summary>
    public static string Folder => State.Folder;

    /// <summary>
    /// Whether a patched copy of the binding was needed (its GLIBCXX_3.4.32 requirement made weak).
    /// </summary>
    public static bool BindingPatched => State.BindingPatched;

    /// <summary>
    /// Threads of one operator, of training and of a grid of a small model; initially one per
    /// processor.
    /// </summary>
    /// <remarks>
    /// Set it at the start of the process: a thread that has run an operator keeps its number.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// The value is less than 1, or more than both 64 and four per processor.
    /// </exception>
    public static int Threads
    {
        get => State.Threads;

        set
        {
            if (value < 1 || value > SizeCheck.MostThreads)
            {
                throw new Llm360Exception(
                    $"{value} is not a number of threads for this machine.", "threads",
                    $"Give 1 to {SizeCheck.MostThreads}; more than one a processor is not faster.");
            }

            State.Threads = value;
            torch.set_num_threads(value);
        }
    }

    /// <summary>
    /// The matrix library inside LibTorch and its version, for example <c>MKL 2024.2</c>; null if
    /// unknown.
    /// </summary>
    public static unsafe string? Blas
    {
        get
        {
            const int length = 200;
            if (!NativeLibrary.TryGetExport(CpuLibrary, "MKL_Get_Version_String", out var function))
                return null;
            var text = stackalloc byte[length];
            ((delegate* unmanaged[Cdecl]<byte*, int, void>)function)(text, length - 1);
            text[length - 1] = 0;
            return Marshal.PtrToStringUTF8((nint)text)?.Trim();
        }
    }

    /// <summary>State of MKL's fast path on AMD processors.</summary>
    public static AmdSwitchState AmdSwitch => State.AmdSwitch;

    /// <summary>Handle of <c>libtorch_cpu</c>, for exports that TorchSharp does not bind.</summary>
    internal static nint CpuLibrary => State.CpuLibrary;

    /// <summary>
    /// Lets the next <see cref="Load"/> try again, after missing files have been fetched.
    /// </summary>
    internal static void LookAgain()
    {
        lock (Gate)
            failure = null;
    }

    private static LibTorchState State
    {
        get
        {
            lock (Gate)
            {
                if (failure is not null)
                    throw failure;
                try
                {
                    return loaded ??= LoadOnce();
                }
                catch (Llm360Exception e)
                {
                    failure = e;
                    throw;
                }
            }
        }
    }

    /// <summary>Runs when the library's assembly is first used.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Usage", "CA2255",
        Justification = "TorchSharp looks for its natives in a static constructor; only a module initializer runs before it.")]
    internal static void Initialize()
    {
        lock (Gate)
        {
            try
            {
                loaded ??= LoadOnce();
            }
            catch (Llm360Exception e)
            {
                failure = e;
            }
        }
    }

    private static LibTorchState LoadOnce()
    {
        var locations = LibTorchLocations.Find();
        NativeRuntime.Prepare();
        nint cpuLibrary = 0;
        var amd = AmdSwitchState.NotApplicable;
        foreach (var name in LibTorchLocations.LoadOrder)
        {
            var path = Path.Combine(locations.Folder, LibTorchLocations.FileName(name));
            if (!File.Exists(path))
                continue;
            var handle = LoadFile(path);
            if (name == "torch_cpu")
            {
                cpuLibrary = handle;
                amd = MklAmdSwitch.Apply(handle);
            }
        }

        var patched = LoadBinding(locations.Binding);
        if (!torch.TryInitializeDeviceType(DeviceType.CPU))
        {
            throw new Llm360Exception(
                "TorchSharp did not find the LibTorch that was loaded for it.", locations.Folder,
                $"Check that {FolderVariable} names a LibTorch {LibTorchLocations.LibTorchVersion} folder.");
        }

        return new LibTorchState(locations.Folder, patched, amd, cpuLibrary) { Threads = torch.get_num_threads() };
    }

    private static bool LoadBinding(string path)
    {
        if (NativeLibrary.TryLoad(path, out _))
            return false;
        if (OperatingSystem.IsLinux() && GlibcxxPatch.TryWriteCopy(path) is { } copy)
        {
            LoadFile(copy);
            return true;
        }

        LoadFile(path);
        return false;
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            var remedy = OperatingSystem.IsLinux()
                ? "Install the library it names (apt-get install libgomp1 libstdc++6), or set "
                : "Install what it names (Windows: the Visual C++ runtime), or set ";
            throw new Llm360Exception(
                $"LibTorch could not be loaded: {e.Message.ReplaceLineEndings(" ")}", path,
                $"{remedy}{FolderVariable} to a folder with a working LibTorch {LibTorchLocations.LibTorchVersion}.", e);
        }
    }

    private sealed record LibTorchState(string Folder, bool BindingPatched, AmdSwitchState AmdSwitch, nint CpuLibrary)
    {
        // LibTorch itself reports the number of the calling thread.
        public int Threads { get; set; }
    }
}
