// The number of threads per operator on one thread of the process, independent of other threads.
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Limits LibTorch's operators on the calling thread.</summary>
/// <remarks>
/// <c>torch.set_num_threads</c> also sets the number that a thread adopts on its first query.
/// LibTorch reads the number from OpenMP and MKL, which both keep one per thread. Setting it there
/// affects only the calling thread.
/// </remarks>
internal static unsafe class OperatorThreads
{
    private static readonly nint OpenMp = Export("omp_set_num_threads"), Mkl = Export("MKL_Set_Num_Threads_Local");

    /// <summary>
    /// Whether this LibTorch's OpenMP was found; otherwise <see cref="LimitToOne"/> has no effect.
    /// </summary>
    public static bool CanLimit => OpenMp != 0;

    /// <summary>
    /// Limits operators on the calling thread to one thread, until the result is disposed on the
    /// same thread.
    /// </summary>
    public static Limit LimitToOne()
    {
        // The first query makes LibTorch adopt the process's number; a later one would overwrite
        // this setting.
        var before = torch.get_num_threads();
        return new Limit(before, Set(1));
    }

    // Returns MKL's former number; 0 means that the thread had no number of its own.
    private static int Set(int threads, int? mkl = null)
    {
        if (OpenMp != 0)
            ((delegate* unmanaged[Cdecl]<int, void>)OpenMp)(threads);
        return Mkl != 0 ? ((delegate* unmanaged[Cdecl]<int, int>)Mkl)(mkl ?? threads) : 0;
    }

    // On Linux and macOS, a library's exports include those of the libraries it was linked with.
    private static nint Export(string name)
    {
        if (NativeLibrary.TryGetExport(LibTorch.CpuLibrary, name, out var function))
            return function;
        return OperatingSystem.IsWindows()
            && NativeLibrary.TryLoad(Path.Combine(LibTorch.Folder, "libiomp5md.dll"), out var library)
            && NativeLibrary.TryGetExport(library, name, out function) ? function : 0;
    }

    /// <summary>Restores the calling thread's former numbers when disposed.</summary>
    internal readonly ref struct Limit(int threads, int mkl)
    {
        public void Dispose()
        {
            if (threads > 0)
                Set(threads, mkl);
        }
    }
}
