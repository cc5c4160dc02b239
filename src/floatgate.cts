#!/usr/bin/env node

// The bin. CommonJS: on Node 20 an ES module is loaded only after libuv's thread pool has started. ES5 but for
// `import()`, which every Node since 10 parses: an old Node prints a sentence instead of a SyntaxError.
(function () {
  /** `engines` in package.json. */
  var oldest = [20, 19];
  var version = process.versions.node.split('.');
  var major = Number(version[0]);
  if (major < 20 || (major === 20 && Number(version[1]) < 19)) {
    refuse(
      'Cannot run on Node ' + process.version + ': floatgate needs ' + oldest.join('.') + ' or newer; install that',
    );
    return;
  }

  var hindrance = whatForbids();
  if (hindrance !== undefined) {
    refuse(hindrance);
    return;
  }

  // Root restarts the process before anything else is loaded: PID 1 loses signals that arrive until then.
  var rootWarning: string | undefined;
  var restarted = process.env.FLOATGATE_RESTARTED === String(process.pid);
  if (!restarted) giveUpCapabilities();

  // First for all other users. PID 1 loses signals that it has no handler for. Without a handler SIGUSR1 opens Node's
  // debugger, through which any local user can run code.
  type Listener = (signal: NodeJS.Signals) => void;
  var listener: Listener | undefined;
  var otherwise: 'exit' | 'default' = 'exit';
  var signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  signals.forEach(function (signal) {
    process.on(signal, onSignal);
  });
  keepInspectorClosed();
  if (restarted) giveUpCapabilities();

  var fs: typeof import('node:fs') = require('fs');
  var tty: typeof import('node:tty') = require('tty');
  var terminals = [0, 1, 2].filter(function (fd) {
    return tty.isatty(fd);
  });
  var controlled = terminals.length > 0 && terminalOpens();

  // `require` needs no thread, `import` does. See src/base/thread-pool.ts.
  type ThreadPool = typeof import('./base/thread-pool.ts', { with: { 'resolution-mode': 'import' }});
  var threadPool: ThreadPool = require('./base/thread-pool.js');
  var noThreads = threadPool.prepareThreadPool();
  if (noThreads !== undefined) {
    print(noThreads);
    process.exit(1);
  }

  import('./main.ts').then(function (main) {
    main.main({
      takeSignals: takeSignals,
      keepInspectorClosed: keepInspectorClosed,
      rootWarning: rootWarning,
    });
  }, cannotLoad);

  function giveUpCapabilities(): void {
    type AsRoot = typeof import('./cli/as-root.ts', { with: { 'resolution-mode': 'import' }});
    var asRoot: AsRoot;
    if (process.platform !== 'linux' || process.geteuid === undefined || process.geteuid() !== 0) return;
    asRoot = require('./cli/as-root.js');
    rootWarning = asRoot.giveUpCapabilities(process.argv.slice(2));
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP') {
      onHangUp();
      return;
    }
    pass(signal);
  }

  function pass(signal: NodeJS.Signals): void {
    if (listener !== undefined) listener(signal);
    else if (signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT') end(signal);
  }

  /** For signals while no gateway serves. */
  function end(signal: NodeJS.Signals): void {
    var os: typeof import('node:os') = require('os');
    // The kernel does not end PID 1 by a signal (pid_namespaces(7)).
    process.exit(otherwise === 'exit' ? 0 : 128 + os.constants.signals[signal]);
  }

  /**
   * Node resets inherited handlers, so an ignored SIGHUP (nohup) cannot be seen. A hang-up of the terminal counts as
   * SIGTERM. The kernel removes the terminal just after it has sent the signal: a terminal that still works is checked
   * again.
   */
  function onHangUp(): void {
    if (hungUp()) pass('SIGTERM');
    else if (terminals.length === 0) pass('SIGHUP');
    else {
      setTimeout(function () {
        pass(hungUp() ? 'SIGTERM' : 'SIGHUP');
      }, 100);
    }
  }

  /** After a hang-up, ioctl(2) on the terminal fails (EIO), and no process has it as controlling terminal (ENXIO). */
  function hungUp(): boolean {
    return !terminals.every(tty.isatty) || (controlled && !terminalOpens());
  }

  function terminalOpens(): boolean {
    try {
      fs.closeSync(fs.openSync('/dev/tty', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY));
      return true;
    } catch (error) {
      // Without a free descriptor the terminal cannot be checked.
      return ['EMFILE', 'ENFILE'].indexOf((error as NodeJS.ErrnoException).code || '') !== -1;
    }
  }

  /** See Entry. */
  function takeSignals(taking: Listener | undefined): void {
    var ending: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
    listener = taking;
    otherwise = 'default';
    ending.forEach(function (signal) {
      var handled = process.listeners(signal).indexOf(onSignal) !== -1;
      // Without a handler the kernel ends a process that is stuck in a write, but not PID 1.
      if (taking === undefined && process.pid !== 1) process.removeListener(signal, onSignal);
      else if (!handled) process.on(signal, onSignal);
    });
  }

  /** A SIGUSR1 that arrived before our handlers opens the debugger in one of the next turns of the loop. */
  function keepInspectorClosed(): void {
    var wanted = /(^|[\s"'])--inspect([-_](brk|wait)([-_]node)?)?(=|[\s"']|$)/;
    if (wanted.test(process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' '))) return;
    closeInspector();
    [0, 10, 50, 250, 1000].forEach(function (milliseconds) {
      setTimeout(closeInspector, milliseconds).unref();
    });
  }

  function closeInspector(): void {
    var inspector: typeof import('node:inspector');
    try {
      inspector = require('inspector');
      if (inspector.url() !== undefined) inspector.close();
    } catch (_error) {
      // This Node is built without the inspector.
    }
  }

  /** The message about flags of Node under which floatgate cannot work. */
  function whatForbids(): string | undefined {
    // Since Node 23.5; the types are those of Node 20.
    var permission: { has(scope: string): boolean } | undefined = Reflect.get(process, 'permission');
    var flags: string[] = [];
    var util: typeof import('node:util');
    if (permission !== undefined) {
      if (!permission.has('fs.read')) flags.push('--allow-fs-read=*');
      if (!permission.has('fs.write')) flags.push('--allow-fs-write=*');
      // Node restricts sockets since 25; before, it has no such flag.
      if (major >= 25 && !permission.has('net')) flags.push('--allow-net');
    }
    if (flags.length > 0) {
      return "Cannot run under Node's --permission as given: floatgate also needs " + flags.join(' ') + '; add that';
    }
    util = require('util');
    // Without both, pino sets Error.prepareStackTrace (pino/lib/caller.js).
    if (Object.isFrozen(Error) && !('getCallSites' in util) && !('getCallSite' in util)) {
      return (
        'Cannot run with --frozen-intrinsics on Node ' +
        process.version +
        ': the logger has to set Error.prepareStackTrace there; leave the flag out, or use Node 22.9 or newer'
      );
    }
    return undefined;
  }

  function cannotLoad(error: unknown): void {
    var message = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      print('Cannot load floatgate: ' + message + '; install it again');
    } else {
      print('floatgate has crashed, which is a bug: ' + (error instanceof Error ? error.stack || message : message));
    }
    process.exit(1);
  }

  function refuse(sentence: string): void {
    print(sentence);
    process.exit(2);
  }

  function print(sentence: string): void {
    try {
      (require('fs') as typeof import('node:fs')).writeSync(2, sentence + '\n');
    } catch (_error) {
      // Stderr is closed.
    }
  }
})();
